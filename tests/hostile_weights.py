"""Files that pose as weights: pickles that run code, zips and headers that lie. Small, and made anew for each test.

`PICKLES` are bytes of a pickle that makes the file `mark` if it is obeyed; `as_zip` puts one where torch looks for it.
"""

import io
import json
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path


class _Call:
    def __init__(self, function: object, *arguments: object) -> None:
        self._reduced = (function, arguments)

    def __reduce__(self) -> tuple[object, ...]:
        return self._reduced


def _touch(mark: Path, protocol: int) -> bytes:
    return pickle.dumps(_Call(Path.touch, mark), protocol)


def _text(mark: Path, module: str, name: str, words: str) -> bytes:
    return f"c{module}\n{name}\n(S'{words}'\ntR.".encode()


def _touching(mark: Path) -> str:
    return f"touch {mark}"


def _python(mark: Path) -> str:
    return f'__import__("pathlib").Path("{mark}").touch()'


def _short(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


PICKLES: dict[str, Callable[[Path], bytes]] = {
    **{f"reduce, protocol {p}": partial(_touch, protocol=p) for p in range(6)},
    "within a state dict": lambda mark: pickle.dumps({"a.weight": _Call(Path.touch, mark)}),
    "as a key": lambda mark: pickle.dumps([("x", _Call(Path.touch, mark))]),
    "os.system": lambda mark: _text(mark, "os", "system", _touching(mark)),
    "posix.system": lambda mark: _text(mark, "posix", "system", _touching(mark)),
    "eval": lambda mark: _text(mark, "builtins", "eval", _python(mark)),
    "exec": lambda mark: _text(mark, "builtins", "exec", _python(mark)),
    "by way of torch": lambda mark: _text(mark, "torch.serialization", "os.system", _touching(mark)),
    "a dotted name of an allowed module": lambda mark: (
        b"\x80\x04" + _short("torch") + _short("serialization.os.system") + b"\x93(" + _short(_touching(mark)) + b"tR."
    ),
    "INST": lambda mark: f"(S'{_touching(mark)}'\nios\nsystem\n.".encode(),
    "OBJ": lambda mark: f"(cos\nsystem\nS'{_touching(mark)}'\no.".encode(),
    "NEWOBJ": lambda mark: f"cos\nsystem\n(S'{_touching(mark)}'\nt\x81.".encode(),
    "STACK_GLOBAL": lambda mark: (
        b"\x80\x04" + _short("os") + _short("system") + b"\x93(" + _short(_touching(mark)) + b"tR."
    ),
    "through the memo": lambda mark: f"cos\nsystem\np1\n0g1\n(S'{_touching(mark)}'\ntR.".encode(),
    "BUILD of attributes": lambda mark: b"ctorch\nnn\n}(S'x'\ncos\nsystem\nub.",
    "a copyreg extension": lambda mark: b"\x80\x02\x82\x01.",
    "a persistent id": lambda mark: b"\x80\x02(X\x07\x00\x00\x00storagecos\nsystem\nX\x01\x00\x00\x000tQ.",
    "an item set on what is no dict": lambda mark: (
        b"\x80\x02ccollections\nOrderedDict\n)R]K\x01a(K\x00K\x01u(X\x01\x00\x00\x00aK\x01u."
    ),
    "an item set on a list": lambda mark: b"\x80\x02]K\x00K\x01s.",
    "an item set on a number": lambda mark: b"\x80\x02K\x05K\x00K\x01s.",
    "an empty stack": lambda mark: b"\x80\x02R.",
    "an opcode that is none": lambda mark: b"\x80\x02\xff.",
    "a protocol that is none": lambda mark: b"\x80\x63K\x01.",
    "a frame longer than the file": lambda mark: b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fK\x01.",
    "a text longer than the file": lambda mark: b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fx.",
    "a list nested without end": lambda mark: b"\x80\x02" + b"]" * 50_000 + b"a" * 49_999 + b".",
    "no state dict": lambda mark: pickle.dumps([1, 2, 3]),
}


def as_zip(pickled: bytes, compression: int = zipfile.ZIP_STORED, /, **more: bytes) -> bytes:
    """The zip that torch writes, with this pickle in it."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/byteorder", b"little")
        archive.writestr("archive/version", b"3\n")
        for name, content in more.items():
            archive.writestr(f"archive/{name}", content)
    return sink.getvalue()


def zipped(pickled: Callable[[Path], bytes]) -> Callable[[Path], bytes]:
    """The pickle in the zip that torch writes."""
    return lambda mark: as_zip(pickled(mark))


def _tar(data: bytes) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name in ("pickle", "storages", "tensors", "sys_info"):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return sink.getvalue()


ARCHIVES: dict[str, Callable[[Path], bytes]] = {
    "nothing": lambda mark: b"",
    "text": lambda mark: b"these are no weights\n",
    "a zip bomb": lambda mark: as_zip(pickle.dumps({}), zipfile.ZIP_DEFLATED, data=bytes(50_000_000)),
    "a zip of bzip2": lambda mark: as_zip(pickle.dumps({}), zipfile.ZIP_BZIP2, data=bytes(1_000_000)),
    "a zip that is cut": lambda mark: as_zip(_touch(mark, 2))[:-30],
    "a zip without its pickle": lambda mark: _zip({"archive/version": b"3\n"}),
    "a zip that lies about a size": lambda mark: as_zip(pickle.dumps({})).replace(
        struct.pack("<II", len(pickle.dumps({})), len(pickle.dumps({}))), struct.pack("<II", 5, 2**31)
    ),
    "TorchScript": lambda mark: as_zip(_touch(mark, 2), constants=b"", **{"code/__torch__.py": b"import os"}),
    "a tar of torch before 0.4": lambda mark: _tar(_touch(mark, 2)),
}


def _zip(parts: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return sink.getvalue()


def safetensors(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def _one(shape: list[int], offsets: list[int], dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


_W = "positional_embedding"
SAFETENSORS: dict[str, bytes] = {
    "nothing": b"",
    "four bytes": b"\x01\x00\x00\x00",
    "a header longer than the file": safetensors({}, length=10_000),
    "a header of exabytes": safetensors({}, length=2**63),
    "a header that is cut": safetensors(b'{"a": {"dtype": "F32", "sha'),
    "a header that is no JSON": safetensors(b"\xff\xfe\xfd"),
    "a header that is a list": safetensors([1, 2]),
    "a header nested without end": safetensors(b"[" * 100_000),
    "a pickle": pickle.dumps({}),
    "the same key twice": safetensors(
        b'{"%s":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"%s":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        % (_W.encode(), _W.encode()),
        bytes(4),
    ),
    "tensors that overlap": safetensors({_W: _one([2], [0, 8]), "b": _one([2], [4, 12])}, bytes(12)),
    "an offset beyond the file": safetensors({_W: _one([1000], [0, 4000])}, bytes(8)),
    "an offset below zero": safetensors({_W: _one([1], [-4, 0])}, bytes(8)),
    "an end before its start": safetensors({_W: _one([1], [4, 0])}, bytes(8)),
    "a hole": safetensors({_W: _one([1], [4, 8])}, bytes(8)),
    "bytes that belong to nothing": safetensors({_W: _one([1], [0, 4])}, bytes(64)),
    "a shape that overflows": safetensors({_W: _one([2**62, 4], [0, 0])}),
    "a shape below zero": safetensors({_W: _one([-1], [0, 4])}, bytes(4)),
    "a dtype that is none": safetensors({_W: _one([1], [0, 4], "X99")}, bytes(4)),
    "a dtype of another width": safetensors({_W: _one([1], [0, 4], "F64")}, bytes(4)),
    "a tensor that is null": safetensors({_W: None}),
    "no tensor": safetensors({}),
    "numbers in the place of weights": safetensors({_W: _one([1], [0, 4], "I32")}, bytes(4)),
}
