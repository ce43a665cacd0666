"""One list, two rosters (一单两库): inspection items, objects with tags, inspectors; from mapping files."""
