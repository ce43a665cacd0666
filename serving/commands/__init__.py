"""The commands of `python -m serving`, by what they are about; an entry point each."""
