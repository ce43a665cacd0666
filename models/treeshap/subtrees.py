"""Trees cut into subtrees so small that every outcome of their comparisons can be tabulated.

A subtree is decided by bits: one for each indicator on the path above it, set when a row leaves that path,
and one for each of its own nodes, set when a row goes right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from models.treeshap.trees import CategorySplit, Leaf, Node, NumberSplit, Tree

# A table has 2^bits rows for each indicator of its subtree.
BITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Sets its bit in a row that goes right at the split or, if it is `on_the_left`, left."""

    split: NumberSplit | CategorySplit
    bit: int
    on_the_left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What an indicator asks of a row on the way to a leaf: no bit of `clear` and all bits of `set_`.

    `share` is that of the training rows which the splits on it let through.
    """

    feature: int
    share: float = 1.0
    clear: int = 0
    set_: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The way to one leaf: its value, and a part for each indicator on the way."""

    value: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtree:
    """A subtree of one tree, with everything that decides what it adds."""

    tree: int
    bits: int
    comparisons: tuple[Comparison, ...]
    paths: tuple[Path, ...]

    @property
    def features(self) -> tuple[int, ...]:
        """The indicators it adds to, each once, those of the path above first."""
        return tuple(dict.fromkeys(part.feature for path in self.paths for part in path.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One step down the path above a subtree."""

    node: Node
    left: bool

    @property
    def share(self) -> float:
        child = self.node.left if self.left else self.node.right
        return child.count / self.node.count


def subtrees_of(trees: tuple[Tree, ...], bits: int = BITS) -> list[Subtree]:
    """The largest subtrees of at most so many bits; a leaf below more indicators stands by itself."""
    return [
        subtree
        for number, tree in enumerate(trees)
        if isinstance(tree, Node)
        for subtree in _cut(number, tree, (), bits, _sizes(tree))
    ]


def _sizes(tree: Tree) -> dict[int, int]:
    """How many nodes lie in each subtree, by the identity of its root."""
    sizes: dict[int, int] = {}

    def size(node: Tree) -> int:
        if isinstance(node, Leaf):
            return 0
        sizes[id(node)] = 1 + size(node.left) + size(node.right)
        return sizes[id(node)]

    size(tree)
    return sizes


def _cut(
    number: int, node: Tree, above: tuple[_Step, ...], bits: int, sizes: Mapping[int, int]
) -> Iterator[Subtree]:
    on_path = len({step.node.split.feature for step in above})
    if isinstance(node, Leaf) or on_path + sizes[id(node)] <= bits:
        yield _Drawn(number).subtree(node, above)
        return
    for child, left in ((node.left, True), (node.right, False)):
        yield from _cut(number, child, (*above, _Step(node=node, left=left)), bits, sizes)


@dataclass
class _Drawn:
    """A subtree while it is drawn: bits are given out as they are needed."""

    tree: int
    comparisons: list[Comparison] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    bits: int = 0

    def subtree(self, root: Tree, above: tuple[_Step, ...]) -> Subtree:
        parts: dict[int, Part] = {}
        for step in above:
            split = step.node.split
            part = parts.get(split.feature) or Part(feature=split.feature, clear=1 << self._bit())
            bit = part.clear.bit_length() - 1
            self.comparisons.append(Comparison(split=split, bit=bit, on_the_left=not step.left))
            parts[split.feature] = Part(
                feature=split.feature, share=part.share * step.share, clear=part.clear
            )
        self._down(root, parts)
        return Subtree(
            tree=self.tree, bits=self.bits, comparisons=tuple(self.comparisons), paths=tuple(self.paths)
        )

    def _bit(self) -> int:
        self.bits += 1
        return self.bits - 1

    def _down(self, node: Tree, parts: Mapping[int, Part]) -> None:
        if isinstance(node, Leaf):
            self.paths.append(Path(value=node.value, parts=tuple(parts.values())))
            return
        bit, feature = self._bit(), node.split.feature
        self.comparisons.append(Comparison(split=node.split, bit=bit))
        so_far = parts.get(feature, Part(feature=feature))
        for child, right in ((node.left, False), (node.right, True)):
            here = Part(
                feature=feature,
                share=so_far.share * child.count / node.count,
                clear=so_far.clear | (0 if right else 1 << bit),
                set_=so_far.set_ | (1 << bit if right else 0),
            )
            self._down(child, {**parts, feature: here})
