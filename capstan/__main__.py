"""`python -m capstan`: the command with the code of the current folder, as in the image, where that is the checkout."""

from capstan.cli import main

main()
