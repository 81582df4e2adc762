"""ONNX Runtime sessions, set up for a small board."""

import onnxruntime

from models.errors import PackRejectedError

__all__ = ["open_session"]


def open_session(model: bytes, name: str, threads: int) -> onnxruntime.InferenceSession:
    """A session of one network that uses `threads` cores.

    Raises PackRejectedError, naming the file, for bytes that are no network this runtime can run.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # The graphs are chains: nothing in them can run side by side, so a second pool would only idle.
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # All optimisations: they fold normalisation into convolutions and choose the processor's own
    # blocked layout, which is most of the speed.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Waiting threads must sleep, not spin: on a 4-core board the camera, the encryption and the link
    # need those cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The arena would keep the largest picture's memory for ever; giving it back costs a twentieth of the time.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # The runtime's own exceptions share no base class below Exception.
        raise PackRejectedError(f"{name} cannot be run: {error}") from error
