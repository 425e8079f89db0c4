"""The report as .xlsx: the template that people restyle, its filling by names and tables, and the summary of a batch."""
