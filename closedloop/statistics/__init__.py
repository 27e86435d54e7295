"""Signals, not noise: arrays in, small frozen results out. No database, no frame, no clock, no random number.

====================  ========================================================================================
``xmr``               is this figure changing? XmR chart (波动图), its four rules, assurance against a target
``attributes``        p- and u-charts: shares and rates whose denominators differ from day to day
``funnel``            is this station unlike the others? (同类比较图) shares and ratios, over-dispersion
``intervals``         how sure is a share, a count, a difference in percentage points
``rates``             how sure is a 同比: the exact ratio of two rates, widened for over-dispersion
``recent``            are the last days unlike the half-year before? The rule of the warnings at stations
``ears``              is today unusual? EARS C1, C2, C3
``exceedance``        is this place unusual for what it is? Poisson and predictive tails, Benjamini–Hochberg
``survival``          how long until closed, with open items in it: Kaplan–Meier, log-rank, chance of missing
``conformance``       did it go round a line of stages? token replay, alignment
``loop_conformance``  did it go round its own loop, with rework, optional stages, and open items
====================  ========================================================================================

A value that nobody reported is NaN: it is left out and counted as a gap, never taken for 0. What cannot be (a
negative count, more successes than trials) is refused with a ``ValueError`` that names the argument.
"""
