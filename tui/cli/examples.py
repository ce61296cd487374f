"""An example of every command, for the end of its help."""

from typing import Any

EXAMPLES = {
    "": ("~/bdd100k", "train ~/bdd100k --follow"),
    "open": ("open ~/bdd100k", "open --images halfblock"),
    "demo": ("demo", "demo --dir /tmp/scenes --data-only"),
    "doctor": ("doctor", "doctor --json"),
    "data": ("data check ~/bdd100k",),
    "data unpack": ("data unpack bdd100k_images_10k.zip bdd100k_sem_seg_labels_trainval.zip --to ~/bdd100k",),
    "data check": ("data check ~/bdd100k",),
    "data label-errors": (
        "data label-errors ~/bdd100k",
        "data label-errors ~/bdd100k --found --top 0 --json",
        "data label-errors ~/bdd100k --run last",
    ),
    "data stats": ("data stats ~/bdd100k --split val",),
    "data list": (
        "data list ~/bdd100k --filter 'split:val class:bus>5% sort:-bus' --limit 20",
        "data list ~/bdd100k --filter tag:odd --to odd.csv",
        "data list ~/bdd100k --view riders",
    ),
    "data tag": ("data tag ~/bdd100k odd --filter 'has:train'", "data tag ~/bdd100k odd --filter 'tag:odd' --remove"),
    "data tags": ("data tags export ~/bdd100k tags.csv",),
    "data tags export": ("data tags export ~/bdd100k tags.csv", "data tags export ~/bdd100k fiftyone.json"),
    "data tags import": ("data tags import ~/bdd100k tags.csv",),
    "data views": (
        "data views ~/bdd100k",
        "data views ~/bdd100k --save riders --filter 'split:val has:rider sort:-rider'",
    ),
    "data odd": ("data odd ~/bdd100k", "data odd ~/bdd100k --kind mask-fit --limit 0 --json"),
    "data places": ("data places ~/bdd100k --split train", "data places --class rider"),
    "data differences": ("data differences ~/bdd100k",),
    "data verdicts": ("data verdicts list ~/bdd100k",),
    "data verdicts list": (
        "data verdicts list ~/bdd100k --state left --label sky --sort size",
        "data verdicts list --state confirmed --json",
    ),
    "data verdicts set": ("data verdicts set ~/bdd100k images/10k/train/0a1b.jpg 3 confirmed",),
    "data verdicts undo": ("data verdicts undo ~/bdd100k --number 2",),
    "data verdicts export": (
        "data verdicts export ~/bdd100k verdicts.csv",
        "data verdicts export ~/bdd100k corrected --masks",
    ),
    "data verdicts import": ("data verdicts import ~/bdd100k verdicts.csv",),
    "data label-next": (
        "data label-next ~/bdd100k --count 200",
        "data label-next --evaluation '0003-focal/best-test predicted' --filter 'pred:rider'",
    ),
    "data duplicates": ("data duplicates ~/bdd100k --across-splits", "data duplicates ~/bdd100k --last --tag exclude"),
    "data move": ("data move ~/bdd100k /mnt/big/bdd100k",),
    "data repair": ("data repair ~/bdd100k",),
    "train": (
        "train ~/bdd100k --preset focal --set epochs=40 --follow",
        "train ~/bdd100k --config my.toml",
        "train ~/bdd100k --preset strong --estimate",
        "train ~/bdd100k --queue --set device=cuda:1",
    ),
    "resume": ("resume last --follow", "resume 3 --set epochs=60"),
    "runs": ("runs", "runs --filter 'camvid miou>40% sort:-miou'", "runs show 3"),
    "runs show": ("runs show last", "runs show 0003-focal --json"),
    "runs samples": ("runs samples last", "runs samples 3 --to learned"),
    "runs delete": ("runs delete 3",),
    "config": ("config --preset strong > my.toml",),
    "encoders": ("encoders mobile", "encoders tu- lite --height 224 --width 224", "encoders --architecture fpn"),
    "evaluate": (
        "evaluate last",
        "evaluate 3 --split val --tta flip",
        "evaluate 3 --data ~/camvid",
        "evaluate 3 --corrupt fog,rain --severity 1,3,5",
    ),
    "evaluations": ("evaluations --json",),
    "evaluations delete": ("evaluations delete 0003-focal/best-val",),
    "diagnose": ("diagnose last", "diagnose 3 --parts > why.txt"),
    "classify": ("classify 3 --threshold 0.1%",),
    "slices": ("slices last",),
    "compare": ("compare 3 4",),
    "report": ("report 3 --compare 4 --markdown --csv --to report",),
    "predict": ("predict 3 --split test --to predictions", "predict last drive.mp4 --to out"),
    "export": ("export last --to onnx",),
    "index": ("index build ~/bdd100k", "index search 'red bus'"),
    "index build": ("index build ~/bdd100k --model ViT-B-32/laion2b_s34b_b79k --download",),
    "index stop": ("index stop ~/bdd100k",),
    "index unload": ("index unload",),
    "index info": ("index info ~/bdd100k",),
    "index compare": ("index compare demo ViT-B-16-SigLIP2-256/webli ~/bdd100k",),
    "index blind": ("index blind ~/bdd100k --images 20 --corrupt fog,night",),
    "index map": ("index map ~/bdd100k",),
    "index tag": ("index tag 'night; heavy rain; tunnel' --min 90%", "index tag --accept night"),
    "index search": (
        "index search 'heavy rain; 2: red bus; -night' --filter 'split:val'",
        "index search --like photo.jpg",
    ),
    "ask": ("ask 'Is there traffic in the forest?' --data ~/bdd100k", "ask 'What colour is the bus?' --image bus.jpg"),
    "chats": ("chats forest --export forest-chat",),
    "settings": ("settings", "settings clip=ViT-B-32/laion2b_s34b_b79k top=12"),
    "jobs": ("jobs --all",),
    "jobs stop": ("jobs stop 3",),
    "stop": ("stop last", "stop 3/evaluate --now"),
    "queue": ("queue", "queue --json"),
    "queue start": ("queue start",),
    "queue move": ("queue move 7 1",),
    "queue remove": ("queue remove 7",),
    "devices": ("devices",),
    "workspace": ("workspace", "workspace free caches"),
    "workspace free": ("workspace free caches gone",),
}
"""By command, the words that come after `bddseg-tui`."""


def add_examples(command: Any, path: str = "") -> None:
    """Puts the examples at the end of the help of a command, and of the commands in it."""
    lines = [f"$ bddseg-tui {words}" for words in EXAMPLES[path]]
    # An empty line is what Typer's help keeps as a line break.
    command.epilog = "\n\n".join([*filter(None, [command.epilog]), *lines])
    for name, sub in getattr(command, "commands", {}).items():
        add_examples(sub, f"{path} {name}".strip())
