"""`python -m cli`: the command with the code of the current folder, as in the image, where that is the checkout."""

from cli import main

main()
