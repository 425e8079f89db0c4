"""From files to reports: one file's accounts, or a whole folder's, with the settings that a person chose."""
