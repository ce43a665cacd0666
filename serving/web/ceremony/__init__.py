"""The ceremony of a draw as a page shows it: the tickets with their cut, and how anybody checks them."""
