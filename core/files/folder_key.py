"""Names of folders and files that stand for something with a longer name, such as a path."""


def folder_key(raw: bytes, name: str) -> str:
    """A name for `raw`: readable by what is in `name`, and another one for anything else.

    >>> folder_key(b"/data/bdd", "bdd")
    'bdd-04fc6a4b9c44'
    """
    import hashlib

    readable = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)[:40]
    return f"{readable}-{hashlib.sha256(raw).hexdigest()[:12]}"
