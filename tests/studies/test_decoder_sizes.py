from cnnlab.explain.upconvolution.checkerboard import CHECKED, TRANSPOSED
from cnnlab.explain.upconvolution.inversion import LAYERS
from cnnlab.studies.decoder_sizes import SLOW_RATE, SMALL


def test_every_inverted_layer_has_a_small_decoder_and_two_have_another():
    assert len(set(SMALL)) == len(SMALL)
    of_layers = {(network, layer) for network, layers in LAYERS.items() for layer in layers}
    assert {(network, layer) for network, layer, *_ in SMALL} == of_layers
    others = {each for each in SMALL if each[3] == SLOW_RATE or each[2] == TRANSPOSED}
    assert {each[:2] for each in others} == {("Light VGG", "pool5"), ("VGG16", CHECKED)}
