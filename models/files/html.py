"""What is shown of a page of HTML, a line per block, with tabs between the cells of a table, read by `lxml`."""

from __future__ import annotations

import re

SHOWN = (
    "address article aside blockquote br dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol option p pre section table title tr ul"
)
BLOCKS = frozenset(SHOWN.split())
CELLS = frozenset(("td", "th"))
SILENT = frozenset(("script", "style", "noscript", "template", "svg"))
PAGE = re.compile(r"<(?:!doctype html|html|head|body|p|div|h1|table|article)[\s>]", re.IGNORECASE)
CODE = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*"
    rb"(utf-8|us-ascii|iso-8859-\d\d?|windows-125\d|koi8-[ru]|big5|gb2312|gbk|gb18030|shift_jis|euc-jp|euc-kr)\b",
    re.IGNORECASE,
)


def text(page: str) -> str:
    """Return what is shown of a page: no scripts, a new line at each block. Browsers show something of all pages."""
    from lxml import etree

    parser = etree.HTMLParser(
        recover=True, no_network=True, remove_comments=True, remove_pis=True, huge_tree=True, encoding="utf-8"
    )
    root = etree.fromstring(page.encode(errors="replace"), parser)
    parts: list[str] = []
    hidden = 0
    for event, node in etree.iterwalk(root, events=("start", "end")) if root is not None else ():
        if event == "start":
            hidden += node.tag in SILENT
            content, mark = node.text, "\t" if node.tag in CELLS else "\n"
        else:
            hidden -= node.tag in SILENT
            content, mark = node.tail, "" if node.tag in CELLS else "\n"
        if node.tag in BLOCKS or node.tag in CELLS:
            parts.append(mark)
        if content and not hidden:
            parts.append(re.sub(r"\s+", " ", content))
    return "".join(parts)
