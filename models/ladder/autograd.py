"""Gradients by the chain rule, backwards through what was computed: for scalars and for arrays.

Source: Wengert, "A Simple Automatic Derivative Evaluation Program" (1964); Linnainmaa (1970) for the order backwards.
Reference: torch.autograd, 1e-12 in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Pull = Callable[[np.ndarray], np.ndarray]  # the gradient of a result -> that of one of what it was made of


class Value:
    """An array of any shape, () for a scalar, that knows what it was made of, and its `gradient` after `backward`."""

    def __init__(self, data: np.ndarray | float, parts: Sequence[tuple[Value, Pull]] = ()):
        self.data, self.parts = np.asarray(data, dtype=float), parts
        self.gradient = np.zeros_like(self.data)

    def backward(self) -> None:
        """Set the gradient of this scalar in all that it was made of."""
        order: list[Value] = []
        known: set[int] = set()

        def visit(value: Value) -> None:
            if id(value) not in known:
                known.add(id(value))
                for part, _ in value.parts:
                    visit(part)
                order.append(value)

        visit(self)
        for value in order:
            value.gradient = np.zeros_like(value.data)
        self.gradient = np.ones_like(self.data)
        for value in reversed(order):
            for part, pull in value.parts:
                part.gradient = part.gradient + pull(value.gradient)

    def __add__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        left, right = self.data.shape, other.data.shape
        return Value(self.data + other.data, [(self, lambda g: summed(g, left)), (other, lambda g: summed(g, right))])

    def __mul__(self, other: Value | float) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        left, right = self.data, other.data
        return Value(
            left * right,
            [(self, lambda g: summed(g * right, left.shape)), (other, lambda g: summed(g * left, right.shape))],
        )

    def __matmul__(self, other: Value) -> Value:
        left, right = self.data, other.data
        return Value(left @ right, [(self, lambda g: g @ right.T), (other, lambda g: left.T @ g)])

    def tanh(self) -> Value:
        output = np.tanh(self.data)
        return Value(output, [(self, lambda g: g * (1 - output**2))])

    def mean(self) -> Value:
        size = self.data.size
        return Value(self.data.mean(), [(self, lambda g: np.full_like(self.data, g / size))])

    def rows(self, places: np.ndarray) -> Value:
        """Return the rows at some places, shape (*places.shape, width), as an embedding does."""

        def pull(gradient: np.ndarray) -> np.ndarray:
            whole = np.zeros_like(self.data)
            np.add.at(whole, places, gradient)
            return whole

        return Value(self.data[places], [(self, pull)])

    def reshaped(self, *shape: int) -> Value:
        before = self.data.shape
        return Value(self.data.reshape(shape), [(self, lambda g: g.reshape(before))])

    def cross_entropy(self, labels: np.ndarray) -> Value:
        """Return the mean loss of logits, (n, classes), in nats. labels: (n,)."""
        shifted = self.data - self.data.max(axis=1, keepdims=True)
        chances = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        rows = np.arange(len(labels))
        wrong = chances.copy()
        wrong[rows, labels] -= 1
        return Value(-np.log(chances[rows, labels]).mean(), [(self, lambda g: g * wrong / len(labels))])


def summed(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a gradient in the shape of what was stretched to fit another array."""
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[axis] != 1)
    return np.asarray(gradient.sum(axis=stretched, keepdims=True))
