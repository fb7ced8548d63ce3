"""Floor 1: networks for inference. Knows no task."""

import sys

# OpenVINO reports its use to its makers over the network when it finds this package; without it, it stays silent.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
