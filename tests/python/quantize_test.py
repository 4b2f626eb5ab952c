"""quantize() of the Python package against numpy."""
import decimal
import fractions
import unittest

import bitbalance
import numpy


def tokens(integers, token_form):
    """Non-zero digits of each magnitude, the long way round."""
    def count(magnitude):
        if token_form == "binary":
            return bin(magnitude).count("1")
        digits = 0
        while magnitude:
            if magnitude & 1:
                magnitude -= 2 - (magnitude & 3)
                digits += 1
            magnitude >>= 1
        return digits
    return numpy.array([count(abs(int(value))) for value in integers.ravel()])


class Quantize(unittest.TestCase):
    def test_integers_keep_the_limit_and_are_the_nearest(self):
        draw = numpy.random.default_rng(1)
        for token_form in ("binary", "signed_digit"):
            for weight_bits, nnzb in ((8, 1), (8, 3), (8, 7), (4, 2), (16, 4)):
                with self.subTest(token_form=token_form, weight_bits=weight_bits, nnzb=nnzb):
                    weights = draw.normal(size=(5, 3, 2, 2)).astype(numpy.float32)
                    weights[3] = 0
                    integers, scales = bitbalance.quantize(weights, nnzb=nnzb, weight_bits=weight_bits,
                                                           token_form=token_form)
                    self.assertEqual((integers.shape, integers.dtype), (weights.shape, numpy.int16))
                    self.assertEqual((scales.shape, scales.dtype), ((5,), numpy.float64))
                    self.assertLessEqual(tokens(integers, token_form).max(), nnzb)
                    self.assertFalse(integers[3].any())
                    every = numpy.arange(2 ** (weight_bits - 1))
                    every = every[tokens(every, token_form) <= nnzb]
                    every = numpy.concatenate([-every[::-1], every])
                    for f in (0, 1, 2, 4):
                        error = numpy.abs(weights[f].ravel()[:, None] / scales[f] - every[None, :]).min(axis=1)
                        own = numpy.abs(weights[f].ravel() / scales[f] - integers[f].ravel())
                        numpy.testing.assert_allclose(own, error, rtol=0, atol=1e-9 * 2 ** weight_bits)

    def test_a_search_is_never_worse(self):
        weights = numpy.random.default_rng(2).normal(size=(20, 50))
        error = {}
        for search in (False, True):
            integers, scales = bitbalance.quantize(weights, nnzb=2, scale_search=search)
            error[search] = ((integers * scales[:, None] - weights) ** 2).sum(axis=1)
        self.assertTrue((error[True] <= error[False] * (1 + 1e-6)).all())
        self.assertLess(error[True].sum(), error[False].sum())

    def test_without_a_search_the_scale_is_that_of_the_bits(self):
        for nnzb, integers in ((1, [64, 64, -32, 16]), (3, [112, 64, -32, 13]), (7, [127, 64, -32, 13])):
            found, scales = bitbalance.quantize([[1, 0.505, -0.25, 0.1]], nnzb=nnzb, scale_search=False)
            self.assertEqual((found.tolist(), scales.tolist()), ([integers], [1 / 127]))

    def test_errors(self):
        one = numpy.ones((1, 1))
        for arguments, text in (({"nnzb": 8}, "nnzb"), ({"nnzb": 0}, "nnzb"), ({"weight_bits": 17}, "weight_bits"),
                                ({"token_form": "ternary"}, "accepted: binary, signed_digit")):
            with self.assertRaisesRegex(ValueError, text):
                bitbalance.quantize(one, **arguments)
        for weights in (numpy.float32(1), numpy.ones((0, 3)), numpy.array([[numpy.nan]])):
            with self.assertRaisesRegex(ValueError, "weights: "):
                bitbalance.quantize(weights)

    def test_a_number_that_is_no_whole_one_is_an_error(self):
        one = numpy.ones((1, 1))
        for name in ("nnzb", "weight_bits"):
            for value in (numpy.float32(2.9), numpy.float16(2.9), decimal.Decimal("2.9"), 3.0, "3", None, 2**40, True,
                          numpy.True_):
                with self.subTest(name=name, value=value):
                    with self.assertRaisesRegex(ValueError, f"^{name}: .*; accepted: a whole number from [12] to "):
                        bitbalance.quantize(one, **{name: value})
        for value in (None, "false", 2):
            with self.assertRaisesRegex(ValueError, f"^scale_search: {value!r}; accepted: True, False$"):
                bitbalance.quantize(one, scale_search=value)
        pair = numpy.array([True, False])
        with self.assertRaisesRegex(ValueError, r"^scale_search: array\(.*; accepted: True, False$"):
            bitbalance.quantize(one, scale_search=pair)
        with self.assertRaisesRegex(ValueError, r"^token_form: array\(.*; accepted: binary, "):
            bitbalance.quantize(one, token_form=numpy.array(["binary", "signed_digit"]))
        same = bitbalance.quantize(one, nnzb=numpy.uint8(2), weight_bits=numpy.int64(6), scale_search=numpy.False_)
        self.assertEqual(same, bitbalance.quantize(one, nnzb=2, weight_bits=6, scale_search=False))

    def test_weights_that_are_no_numbers_are_an_error(self):
        for weights in ([[1, 2], [3]], ([1.0] for _ in range(2)), [[1 + 2j]], [["1.5"]], [[None]], None,
                        numpy.zeros((1, 2), "datetime64[s]"), numpy.zeros((1, 2), [("a", "f4")]), [[10**400]],
                        *(numpy.array([[1, value]], object)
                          for value in (None, "1.5", b"1.5", 1j, numpy.complex64(1)))):
            with self.subTest(weights=weights):
                with self.assertRaisesRegex(ValueError, "^weights: .*; accepted: an array of real numbers$"):
                    bitbalance.quantize(weights)

        class Broken:
            def __array__(self, *_, **__):
                raise KeyError("its own")
        with self.assertRaisesRegex(KeyError, "its own"):
            bitbalance.quantize(Broken())

    def test_numbers_of_python_are_weights(self):
        numbers = [[1, -0.5], [decimal.Decimal("0.25"), fractions.Fraction(1, 8)], [2**70, True]]
        given, scales = bitbalance.quantize(numpy.array(numbers, object))
        same, same_scales = bitbalance.quantize([[1, -0.5], [0.25, 0.125], [2.0**70, 1.0]])
        self.assertEqual((given.tolist(), scales.tolist()), (same.tolist(), same_scales.tolist()))

    def test_weights_beyond_single_precision_are_an_error(self):
        for weights, wrong in (([[1e300, 1.0]], 0), ([[1.0], [-1e300]], 1), ([[1e-300, -2e-300]], 0),
                               ([[1.0], [0.0], [1e-42]], 2), ([[numpy.longdouble("1e-400")]], 0)):
            with self.subTest(weights=weights):
                with self.assertRaisesRegex(ValueError, f"^weights: filter {wrong}: .*; accepted: .* 4.6e-41 to 3.4e"):
                    bitbalance.quantize(weights)
        integers, _ = bitbalance.quantize([[1.0, 1e-300], [0, 0]])  # nothing beside the largest is lost
        self.assertEqual(integers[:, 1].tolist(), [0, 0])
        small = numpy.full((1, 2), 1e-42, numpy.float32)  # exactly what single precision holds
        self.assertTrue(bitbalance.quantize(small)[0].all())
        lowest = 2.0**-134  # single precision holds what is above to 16 bits
        near = lowest * (1 + numpy.random.default_rng(3).random((100, 3)))
        integers, scales = bitbalance.quantize(near, nnzb=14, weight_bits=15, scale_search=False)
        self.assertLess((numpy.abs(integers * scales[:, None] - near) / near).max(), 2.0**-13)
        least = numpy.array([[-2**63, 2**62]])
        self.assertEqual(bitbalance.quantize(least, scale_search=False)[0].tolist(), [[-112, 64]])


if __name__ == "__main__":
    unittest.main()
