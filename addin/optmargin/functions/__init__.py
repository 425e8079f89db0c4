"""What a cell may ask: each worksheet function declared once, with its arguments, units, help, defaults and a worked example."""
