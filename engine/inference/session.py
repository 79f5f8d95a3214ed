# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks in onnxruntime: opened with the best provider that the machine has, and checked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..errors import AvatarError, InputError
from .external_data import external_files, has_external_data
from .providers import PROVIDERS, STATIC, candidates, settings

FREE = -1
"""In a shape: an axis that the network must leave free."""

_SILENT = 4  # onnxruntime logs what is fatal only; failures are raised, and told in our words


@dataclass(frozen=True, eq=False)
class Network:
    """One network, ready to run; threads may share it."""

    file: Path
    """The .onnx file."""
    session: Any
    """An onnxruntime.InferenceSession."""
    provider: str
    """The provider really in use, one of PROVIDERS."""
    warning: str
    """What was tried before and failed, or ""."""
    single: bool
    """Whether the file was made for a batch of one only."""
    output: str = ""
    """The name of the output that `run` gives, as the file has it; "" is the first."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What the file calls inputs that its family calls otherwise."""
    notes: tuple[str, ...] = ()
    """What the user should hear about, a sentence each."""

    def output_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of all outputs, without the batch."""
        return {node.name: tuple(node.shape[1:]) for node in self.session.get_outputs()}

    def outputs(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, Floats]:
        """All outputs [1, ...] by name, for inputs [1, ...]; AvatarError if they cannot be computed."""
        return dict(zip(self.output_shapes(), self._compute(None, inputs), strict=True))

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> Floats:
        """The network's output [b, ...] for its inputs [b, ...]; AvatarError if it cannot be computed.

        Binding buffers (io_binding) was measured to gain nothing on a CPU, and it would copy to a GPU when
        bound instead of when run; plain runs read `inputs` where they lie.
        """
        if not self.single:
            return self._run(inputs)
        count = len(next(iter(inputs.values())))
        rows = [{name: array[i : i + 1] for name, array in inputs.items()} for i in range(count)]
        return np.concatenate([self._run(row) for row in rows])

    def _run(self, inputs: Mapping[str, NDArray[Any]]) -> Floats:
        wanted = [self.output] if self.output else None
        return self._compute(wanted, inputs)[0]

    def _compute(self, outputs: list[str] | None, inputs: Mapping[str, NDArray[Any]]) -> list[Floats]:
        given = {self.names.get(name, name): array for name, array in inputs.items()}
        try:
            return [np.asarray(output) for output in self.session.run(outputs, given)]
        except Exception as error:  # onnxruntime's errors share no narrower class
            how = "Get it anew, or choose another provider"
            raise AvatarError(f"does not run ({_first_line(error)})", str(self.file), how) from error


def open_network(
    file: Path,
    inputs: Mapping[str, Sequence[int]],
    output: tuple[str, Sequence[int]] | None,
    provider: str = "auto",
    threads: int = 1,
    optional: Collection[str] = (),
    coarse: bool = False,
) -> Network:
    """Open an .onnx file and check that its interface is the expected one.

    Args:
        file: The network.
        inputs: Names of all inputs and their shapes without the batch. Where the file has other names, and
            shapes leave no doubt which is which, they are taken, with a note.
        output: Name of the output that counts and its shape without the batch, the same; None takes whatever
            comes out.
        provider: "auto" takes the first of PROVIDERS that starts; a name takes that one or fails.
        threads: Threads of the session, with the one that calls; workers with one thread each are faster
            than one worker with many.
        optional: Names of inputs that it may have, too, of whatever shape.
        coarse: Whether OpenVINO may compute in 16-bit floats where the processor has them.

    Raises:
        AvatarError: It is not a network that onnxruntime reads, or has another interface.
        InputError: The provider is not known, not in this onnxruntime, or does not start.
    """
    session, in_use, warning = _start(file, provider, threads, coarse)
    found_inputs = {node.name: node for node in session.get_inputs()}
    found_outputs = {node.name: node for node in session.get_outputs()}
    wanted = {} if output is None else dict([output])
    names = by_shape(found_inputs, inputs, optional)
    output_names = by_shape(found_outputs, wanted, ())
    nodes = [
        *(_node(file, "input", found_inputs, names.get(name, name), shape) for name, shape in inputs.items()),
        *(
            _node(file, "output", found_outputs, output_names.get(name, name), shape)
            for name, shape in wanted.items()
        ),
    ]
    if extra := found_inputs.keys() - {names.get(name, name) for name in inputs} - set(optional):
        raise AvatarError(f"has an input {min(extra)!r} that its family has not", str(file))
    notes = tuple(
        f"{file.name}: its {kind} {theirs!r} is taken for {ours!r}, by its shape"
        for kind, taken in (("input", names), ("output", output_names))
        for ours, theirs in taken.items()
    )
    name = "" if output is None else output_names.get(output[0], output[0])
    single = nodes[0].shape[0] == 1
    return Network(file, session, in_use, warning, single, name, names, notes)


def by_shape(
    found: Mapping[str, Any], wanted: Mapping[str, Sequence[int]], optional: Collection[str]
) -> dict[str, str]:
    """What a file calls those of the wanted inputs or outputs whose names it has not; where that is certain.

    Certain is what has the only shape that fits, and fits nothing else that is wanted.
    """
    missing = {name: shape for name, shape in wanted.items() if name not in found}
    free = {name: node for name, node in found.items() if name not in wanted and name not in optional}
    fitting = {
        name: [theirs for theirs, node in free.items() if _fits(node, shape)]
        for name, shape in missing.items()
    }
    taken = [theirs for names in fitting.values() for theirs in names]
    return {
        name: names[0] for name, names in fitting.items() if len(names) == 1 and taken.count(names[0]) == 1
    }


def open_unnamed(
    file: Path, shape: Sequence[int], output: Sequence[int], provider: str, threads: int
) -> Network:
    """Open a network with one input, whatever it and the outputs are called; the first output counts.

    Args:
        file: The network.
        shape: Of the input, without the batch; an axis may be FREE.
        output: Of the first output, the same.
        provider: As for `open_network`.
        threads: Threads within one run.

    Raises:
        AvatarError: It is not a network that onnxruntime reads, or has another interface.
        InputError: The provider is not known, not in this onnxruntime, or does not start.
    """
    session, in_use, warning = _start(file, provider, threads)
    inputs = {node.name: node for node in session.get_inputs()}
    first = session.get_outputs()[0]
    if len(inputs) != 1:
        raise AvatarError(f"has {len(inputs)} inputs ({', '.join(sorted(inputs))}) instead of one", str(file))
    (name,) = inputs
    node = _node(file, "input", inputs, name, shape)
    _node(file, "output", {first.name: first}, first.name, output)
    return Network(file, session, in_use, warning, single=node.shape[0] == 1)


def _check_external_data(file: Path) -> None:
    try:
        external_files(file)
    except (ValueError, OSError) as error:
        try:
            external = has_external_data(file)
        except (ValueError, OSError):
            external = False
        if not external:
            raise AvatarError(f"not a network that onnxruntime reads ({error})", str(file)) from error
        how = (
            f'Save it as one file: python -c \'import onnx; onnx.save(onnx.load("{file.name}"), "one.onnx")\''
        )
        raise AvatarError(f"keeps weights in another file ({error})", str(file), how) from error


def _start(file: Path, provider: str, threads: int, coarse: bool = False) -> tuple[Any, str, str]:
    """A session, the provider in use, and a warning about those that did not start."""
    import onnxruntime

    _check_external_data(file)

    failed: list[str] = []
    for name in candidates(provider, onnxruntime.get_available_providers()):
        wanted = {PROVIDERS[name]: settings(name, coarse), PROVIDERS["cpu"]: {}}
        try:
            options = session_options(threads, free_batches(file) if name in STATIC else ())
            session = onnxruntime.InferenceSession(
                file, options, providers=list(wanted.items()), enable_fallback=0
            )
        except Exception as error:  # onnxruntime's errors share no narrower class
            if name == "cpu":
                what = f"not a network that onnxruntime reads ({_first_line(error)})"
                raise AvatarError(what, str(file)) from error
        else:
            if session.get_providers()[0] == PROVIDERS[name]:
                warning = f"{', '.join(failed)} did not start; {name} is in use" if failed else ""
                return session, name, warning
        failed.append(name)
    raise InputError(f"{provider} does not start on this machine", "provider", "Use cpu or auto")


def session_options(threads: int, fixed: Collection[str] = ()) -> Any:
    """How onnxruntime is to run a network; axes of the names in `fixed` are made 1."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others need the cores
    options.log_severity_level = _SILENT
    # Measured with two workers: without the arena a frame takes 28 % (large network) to 60 % (small) more
    # CPU; memory is 80 MB less for the small one and 35 MB more for the large.
    options.enable_cpu_mem_arena = True
    # A pattern reserves the memory of a whole run at once: 160 MB more with two workers, and no faster.
    options.enable_mem_pattern = False
    for name in fixed:
        options.add_free_dimension_override_by_name(name, 1)
    return options


def free_batches(file: Path) -> set[str]:
    """The names of the free first axes of a network's inputs; raises what onnxruntime does."""
    import onnxruntime

    options = session_options(1)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(file, options, providers=[PROVIDERS["cpu"]])
    return {node.shape[0] for node in session.get_inputs() if node.shape and isinstance(node.shape[0], str)}


def _node(file: Path, kind: str, found: Mapping[str, Any], name: str, shape: Sequence[int]) -> Any:
    """The network's input or output of this name, if it takes `shape` behind a free batch or one of 1."""
    if name not in found:
        raise AvatarError(f"has no {kind} {name!r} (it has {', '.join(sorted(found))})", str(file))
    node = found[name]
    if not _fits(node, shape):
        wanted = ", ".join(["b", *("any" if want == FREE else str(want) for want in shape)])
        got = ", ".join(map(str, node.shape))
        what = f"{kind} {name!r} is {node.type} [{got}] instead of tensor(float) [{wanted}]"
        raise AvatarError(what, str(file))
    return node


def _fits(node: Any, shape: Sequence[int]) -> bool:
    """Whether an input or output is of floats, of this shape behind a free batch or one of 1."""
    batch, *rest = node.shape or [0]
    fits = len(rest) == len(shape) and all(
        not isinstance(got, int) or got == want for got, want in zip(rest, shape, strict=True)
    )
    return node.type == "tensor(float)" and fits and not (isinstance(batch, int) and batch != 1)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
