"""The augmented Lagrangian for a function under inequalities, and a regression that never falls with an input.

Source: Nocedal and Wright, "Numerical Optimization" (2006), section 17.3, algorithm 17.4; the inner problem is solved
by Newton's method, for the functions here are quadratic where the active constraints stay as they are.

Reference: scipy.optimize.minimize with SLSQP, fitted values within 2e-3.
"""

from __future__ import annotations

import numpy as np


def quadratic(
    hessian: np.ndarray, linear: np.ndarray, constraints: np.ndarray, least: np.ndarray, rounds: int = 200
) -> tuple[np.ndarray, np.ndarray]:
    """Return x with the least x'Hx / 2 - linear'x under constraints x >= least, and the multipliers.

    hessian: shape (k, k), positive definite. constraints: shape (m, k).
    """
    solution, force = np.linalg.solve(hessian, linear), np.zeros(len(constraints))
    penalty = 10 * np.trace(hessian) / max(np.trace(constraints @ constraints.T), 1e-12)
    worst = np.inf
    for _ in range(rounds):
        for _ in range(100):  # Newton's steps of the augmented function, until the active constraints are the same
            active = least - constraints @ solution + force / penalty > 0
            rows = constraints[active]
            curve = hessian + penalty * rows.T @ rows
            after = np.linalg.solve(curve, linear + rows.T @ (force[active] + penalty * least[active]))
            same = np.array_equal(active, least - constraints @ after + force / penalty > 0)
            solution = after
            if same:
                break
        force = np.maximum(force + penalty * (least - constraints @ solution), 0)
        broken = float(np.maximum(least - constraints @ solution, 0).max(initial=0))
        if broken < 1e-10:
            break
        if broken > worst / 4:
            penalty *= 4
        worst = broken
    return solution, force


def rising(
    basis: np.ndarray, slopes: np.ndarray, others: np.ndarray, target: np.ndarray, ridge: float = 1e-3
) -> np.ndarray:
    """Return the weights of a regression on a basis of one input and on others, which never falls with the input.

    basis: shape (n, b). slopes: of the basis on a grid of the input, shape (g, b). others: shape (n, k), with a
    column of ones. target: shape (n,).
    """
    design = np.hstack([basis, others])
    hessian = design.T @ design + ridge * np.eye(design.shape[1])
    constraints = np.hstack([slopes, np.zeros((len(slopes), others.shape[1]))])
    return quadratic(hessian, design.T @ target, constraints, np.zeros(len(slopes)))[0]
