"""SPAN margin of futures and options on futures: one model of parameters, an engine on risk arrays, arrays from a table."""
