"""What a run is asked to do: the recipe, its dates and splits, the limits of its gates."""
