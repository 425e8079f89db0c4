"""From rows of cells to legs and accounts: what a file or a worksheet range says of positions, checked and completed."""
