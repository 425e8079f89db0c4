"""Run in Pyodide by ``lite.mjs``: says what of the functions could be imported there, and stops where something is wrong."""

import importlib
import importlib.util
import sys
import types

sys.dont_write_bytecode = True  # the folder is the project's own
sys.path.insert(0, "/addin")
UDFS = "optmargin.hosts.excel.udfs"


class Placeholder(types.ModuleType):
    """A numpy that computes nothing, so that everything else can be imported; any use of it beyond names fails."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (), {"__init__": lambda *_, **__: None, "__class_getitem__": classmethod(lambda cls, _: cls)})
        setattr(self, name, made)
        return made


def main():
    print(f"Python {sys.version.split()[0]} on {sys.platform}")
    import xlwings

    print(
        f"xlwings {xlwings.__version__} imports; func, arg and ret are there: {all(map(callable, (xlwings.func, xlwings.arg, xlwings.ret)))}"
    )
    has_numpy = importlib.util.find_spec("numpy") is not None
    if not has_numpy:
        try:
            importlib.import_module(UDFS)
        except ModuleNotFoundError as error:
            assert error.name == "numpy", f"{UDFS} needs {error.name}, which Lite may not bring"
            print("numpy isn't there, and is the first that the functions miss; from here on with a placeholder for it")
        for name in [name for name in sys.modules if name.startswith("optmargin")]:
            del sys.modules[name]
        sys.modules["numpy"] = Placeholder("numpy")
        sys.modules["numpy.typing"] = Placeholder("numpy.typing")
    module = importlib.import_module(UDFS)
    from optmargin.functions.all import functions
    from optmargin.hosts.excel.cells import IN_BROWSER

    assert IN_BROWSER
    missing = [name for name in functions() if not callable(getattr(module, name, None))]
    assert not missing, missing
    third = {name.partition(".")[0] for name in sys.modules} & {
        "pandas",
        "scipy",
        "openpyxl",
        "rich",
        "click",
        "pyopenvba",
    }
    print(
        f"{len(functions())} functions are attributes of {UDFS}; loaded besides numpy and xlwings: {sorted(third) or 'nothing'}"
    )
    if has_numpy:
        answer = module.NAKED_MARGIN("call", 17.40, 20.0, 0.65, None, None, "equity", "ibkr-2005")
        assert answer == [[315.0]], answer
        print("NAKED_MARGIN of the forum's question: 315")
    else:
        print("no figure was asked for: without numpy there is none")


main()
