"""What is demanded: rule books as dated, cited TOML files, and one formula per file that takes its numbers from them."""
