"""What the editor and the dev container are told, held against what there is."""
