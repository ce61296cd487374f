"""`python -P -m bddseg_tui.train.validate_config CONFIG`: can this machine's torch train such a run?

CONFIG is JSON.

Exit code 0 if it can; 2 if it cannot, with the reason in one line on standard output.
"""

import sys

import torch

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.train.device import pick_device
from bddseg_tui.train.model import make_model


def check_trainable(config: TrainConfig) -> None:
    """Raises BddsegError where the device is not there or no model can be made. No weights are fetched."""
    device = pick_device(config.device)
    numbers = [int(number) for number in config.device.partition(":")[2].split(",") if number]
    if device == "cuda" and numbers and max(numbers) >= torch.cuda.device_count():
        raise BddsegError(f"there is no GPU {max(numbers)} here: nvidia-smi counts {torch.cuda.device_count()}, from 0")
    if device == "cuda" and config.processes > torch.cuda.device_count():
        raise BddsegError(
            f"{config.processes} processes need a GPU each, and there are {torch.cuda.device_count()} here: "
            f"--set processes={torch.cuda.device_count()}"
        )
    make_model(config.model_copy(update={"encoder_weights": "none"}))


def main(argv: list[str]) -> int:
    """Checks one configuration."""
    try:
        check_trainable(TrainConfig.model_validate_json(argv[0]))
    except BddsegError as error:
        print(error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
