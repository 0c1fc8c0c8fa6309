"""What pages and commands call the options of formats."""

_WORDS = {
    "images": "Images",
    "labeled": "With objects, or done",
    "done": "Done, accepted or not",
    "accepted": "Accepted only",
    "all": "All",
    "sets": "Labels",
    "main": "As they are kept",
    "each": "Of each annotator, in folders",
    "consensus": "What several annotators agree on",
    "golden": "The truth of golden images",
    "include_images": "Include the pictures",
    "segmentation": "Masks",
    "rle": "RLE, exact and compact",
    "polygons": "Polygons",
    "border": "Void pixels on both sides of every edge",
    "parts": "Parts of an object are",
    "joined": "Joined by lines of one pixel",
    "lines": "Objects of their own",
    "split": "Held out from training",
    "none": "None",
    "hash": "A share, by the bytes of the image",
    "tags": "Images tagged val or test",
    "val": "Percent for validation, of a share",
    "test": "Percent for a test, of a share",
    "labeled.option": "Images that have objects already",
    "filter": "Images that a list with these filters has",
    "only": "Images with these ids",
    "mapping": "Images of the dataset, and which of the project they are",
    "classes": "Classes of the dataset, and what they become in the project",
    "create": "Add the pictures that the project does not have",
    "new_classes": "Add the classes that the project does not have",
    "status": "The images are then",
    "in_progress": "In progress",
    "skip_defects": "Import the rest where something is wrong",
    "add": "Get the new objects as well",
    "replace": "Lose those and get the new ones",
    "skip": "Stay as they are",
    "crowd": "Objects marked as crowd (iscrowd 1)",
    "auto": "Are crowds, unless all masks are marked",
    "keep": "Are crowds",
    "objects": "Are objects like the others",
    "fill": "Polygons are filled by the rule of",
    "coco": "pycocotools",
    "opencv": "OpenCV (supervision, Ultralytics, …)",
    "pil": "Pillow (labelme, Cityscapes)",
    "several": "Of several annotations of a task",
    "ask": "The first counts, and the others are defects",
    "first": "The first counts",
    "last": "The last counts",
    "predictions": "Take predictions where there are no annotations",
    "labels": "Images with both are read from",
    "instances": "PNGs of instance ids",
    "source": "What made the predictions",
    "export": "Number of the export whose ids they have (0: a COCO file is with them)",
    "scores": "Scores above 1",
    "scores.ask": "Are defects",
    "boxes.skip": "Are defects",
    "percent": "Scores are percent",
    "cut": "Become 1",
    "boxes": "Predictions with a box alone",
    "rectangles": "Suggest the box's rectangle",
    "numbers": "Instance PNGs without a legend have",
    "reduced": "Number the classes from 0, unlabeled is 255 (detectron2)",
    "layout": "Layout",
    "parquet": "Parquet tables with pictures, masks and class names",
    "imagefolder": "ImageFolder: pictures with metadata.jsonl",
    "kitti": "Class × 256 + number (KITTI)",
    "mots": "Class × 1000 + number (MOTS)",
}
"""What the page calls options and their values (`option.value` where a value has another name there); every
option of every format has one."""


def option_word(name: str) -> str:
    """What an option is called."""
    return _WORDS.get(f"{name}.option", _WORDS.get(name, name))


def value_word(option: str, value: str) -> str:
    """What a value of an option is called."""
    return _WORDS.get(f"{option}.{value}", _WORDS.get(value, value))
