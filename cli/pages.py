"""`capstan --profile cluster open`."""

import threading

from cli.output import console, print_json


def open_on_cluster(name: str, capstone: str | None, as_json: bool) -> None:
    """Show a page of the cluster until Ctrl-C."""
    from cluster import pages

    with pages.open_page(name, capstone) as url:
        if as_json:
            print_json({name: url})
        else:
            console.print(f"{name:<10} {url}")
            console.print("Ctrl-C ends it.")
        pages.show(url)
        threading.Event().wait()
