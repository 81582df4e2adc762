"""The default pack with one network in fewer bits, by ONNX Runtime's own tools."""

import hashlib
import logging
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.transformers.float16 import convert_float_to_float16

from models.images import RgbImage
from models.pack import MANIFEST, Pack, load_pack
from models.recogniser import Recogniser

__all__ = ["FORMS", "Planes", "lowered", "network_inputs"]

Planes: TypeAlias = Sequence[NDArray[np.float32]]
"""What a network is given, (1, 3, height, width) each."""

_Lowering: TypeAlias = Callable[[Path, Path, Planes], None]


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    """Hands a network's inputs to the calibration, one after the other."""

    def __init__(self, name: str, planes: Planes) -> None:
        self._rows: Iterator[dict[str, NDArray[np.float32]]] = iter([{name: one} for one in planes])

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next inputs, or None at the end: see ONNX Runtime."""
        return next(self._rows, None)


def _half(exact: Path, target: Path, _inputs: Planes) -> None:
    onnx.save(convert_float_to_float16(onnx.load(exact), keep_io_types=True), target)


def _dynamic(exact: Path, target: Path, _inputs: Planes) -> None:
    quantize_dynamic(exact, target, per_channel=True, weight_type=QuantType.QInt8)


def _static(method: CalibrationMethod) -> _Lowering:
    def lower(exact: Path, target: Path, inputs: Planes) -> None:
        name = onnx.load(exact).graph.input[0].name
        quantize_static(
            exact,
            target,
            _Reader(name, inputs),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=method,
        )

    return lower


FORMS: Mapping[str, _Lowering] = MappingProxyType(
    {
        "fp16": _half,
        "int8 dynamic": _dynamic,
        "int8 static": _static(CalibrationMethod.MinMax),
        "int8 static, percentile": _static(CalibrationMethod.Percentile),
    }
)
"""By name, how a network is written in fewer bits: from its file, to another, with inputs to calibrate on."""


def network_inputs(recogniser: Recogniser, photographs: Sequence[RgbImage]) -> Mapping[str, Planes]:
    """What each network of the default pack is given, by its file, for these photographs in varied light and size."""
    manifest = recogniser.pack.manifest
    pictures, crops = [], []
    for photograph in photographs:
        for picture in _varied(photograph):
            # One size for all, because the tools gather histograms of equal shapes alone.
            pictures.append(_planes(cv2.resize(picture, (manifest.detector.max_side,) * 2), 0.0, 1.0))
            crops += [recogniser.align(picture, face) for face in recogniser.detect(picture)[:1]]
    embedder = manifest.embedders[0]
    aligned = [_planes(crop, embedder.mean, embedder.scale) for crop in crops]
    return {manifest.detector.file: pictures, embedder.file: aligned}


def lowered(exact: Pack, network: str, form: str, inputs: Planes, folder: Path) -> Pack:
    """A copy of the pack in `folder`, in which one network has another form."""
    shutil.copytree(exact.path, folder)
    written = folder / network
    logging.disable(logging.WARNING)  # The tools advise preparations that pay for transformers alone.
    with redirect_stdout(sys.stderr):  # They also print, where figures are to stand alone.
        FORMS[form](exact.path / network, written, inputs)
    logging.disable(logging.NOTSET)
    before, data = exact.manifest.file(network), written.read_bytes()
    if before is None:
        raise ValueError(f"{network} is no file of the pack")
    manifest = (folder / MANIFEST).read_text().replace(before.sha256, hashlib.sha256(data).hexdigest())
    (folder / MANIFEST).write_text(manifest.replace(f"size = {before.size}\n", f"size = {len(data)}\n"))
    return load_pack(folder)


def _varied(photograph: RgbImage) -> Iterator[RgbImage]:
    """As it is, darker, brighter, softer and from farther away, each with its mirror image."""
    for light in (0.5, 1.0, 1.5):
        yield from _both(np.clip(photograph * light, 0, 255).astype(np.uint8))
    yield from _both(np.asarray(cv2.GaussianBlur(photograph, (0, 0), 3), np.uint8))
    yield from _both(np.asarray(cv2.resize(photograph, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA), np.uint8))


def _both(picture: RgbImage) -> tuple[RgbImage, RgbImage]:
    return picture, np.ascontiguousarray(picture[:, ::-1])


def _planes(picture: "np.typing.ArrayLike", mean: float, scale: float) -> NDArray[np.float32]:
    planes: NDArray[np.float32] = (np.asarray(picture, np.float32) - mean) * np.float32(scale)
    return np.ascontiguousarray(planes.transpose(2, 0, 1)[None])
