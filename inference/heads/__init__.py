"""Light heads over the cached features of the frozen encoder. None of them changes the features.

    proposals.py      what every head answers: masks with a score and a category, and how duplicates are dropped
    fastinst.py       instances: FastInst (arXiv 2303.08594)
    mask2former.py    panoptic, semantic, instances: Mask2Former (arXiv 2112.01527)
    positions.py, matching.py, point_losses.py, pixel_decoder.py, attention.py, criterion.py
                      what those two share
    data.py, training.py
                      examples of labelled images, and one restartable loop for starter models and projects
    runtime.py        a trained head by ONNX Runtime: `Head.load(folder).suggest(features)`
    everything.py     segment everything: MobileSAMv2 (arXiv 2312.09579)
    lts.py            text: LTS (arXiv 2103.16284)

Modules that answer (proposals, postprocess, runtime) never import PyTorch.
"""
