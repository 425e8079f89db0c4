"""Asks a running LibreOffice by UNO; run with LibreOffice's own Python by tests/calc_door.py, never imported.

Reads one question a line on standard input, as JSON, and answers each with a line on standard output: ``{"cells": path}`` the cells of a
workbook, ``{"wizard": true}`` what the function wizard says, ``{"times": path, "count": n}`` the seconds that n recalculations of a
workbook take, ``{"end": true}`` nothing, after which the office ends.
"""

import json
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

_PATIENCE = 60  # seconds until the office must have started


def connected(pipe):
    """The context of the office that listens at a pipe."""
    resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    began = time.monotonic()
    while True:
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            if time.monotonic() - began > _PATIENCE:
                raise
            time.sleep(0.05)


def opened(desktop, path):
    """The workbook of a path, recalculated."""
    book = desktop.loadComponentFromURL(
        uno.systemPathToFileUrl(path), "_blank", 0, (PropertyValue(Name="Hidden", Value=True),)
    )
    book.calculateAll()
    return book


def cells(book):
    """Every sheet's cells from A1 on: numbers, texts (an empty one for an empty cell), or the text of an error."""
    found = []
    for sheet in book.Sheets:
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        last = cursor.RangeAddress
        shown = sheet.getCellRangeByPosition(0, 0, last.EndColumn, last.EndRow).getDataArray()
        found.append(
            [
                [
                    sheet.getCellByPosition(column, row).String if value is None else value
                    for column, value in enumerate(values)
                ]
                for row, values in enumerate(shown)
            ]
        )
    return found


def wizard(manager):
    """What the function wizard shows of every function, by name."""
    described = manager.createInstance("com.sun.star.sheet.FunctionDescriptions")
    found = {}
    for number in range(described.Count):
        about = {each.Name: each.Value for each in described.getByIndex(number)}
        arguments = [[each.Name, each.Description] for each in about["Arguments"] or ()]
        found[about["Name"]] = {"description": about["Description"], "arguments": arguments}
    return found


def times(book, count):
    """The seconds that each of some recalculations takes."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        book.calculateAll()
        taken.append(time.perf_counter() - began)
    return taken


def main():
    """Answers questions until the last."""
    manager = connected(sys.argv[1]).ServiceManager
    desktop = manager.createInstance("com.sun.star.frame.Desktop")
    for line in sys.stdin:
        question = json.loads(line)
        if "end" in question:
            desktop.terminate()
            return
        if "wizard" in question:
            answer = wizard(manager)
        else:
            book = opened(desktop, question.get("cells") or question["times"])
            answer = cells(book) if "cells" in question else times(book, question["count"])
            book.close(True)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
