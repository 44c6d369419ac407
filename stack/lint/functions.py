"""Which functions does an expression call, and which are there?"""

from collections.abc import Iterator

from stack.lint.promql import Aggregation, Binary, Call, Literal, Node, Past, Selector

TOLD_FUNCTIONS = """
    abs absent absent_over_time acos acosh asin asinh atan atanh avg_over_time ceil changes clamp clamp_max clamp_min
    cos cosh count_over_time day_of_month day_of_week day_of_year days_in_month deg delta deriv
    double_exponential_smoothing end exp first_over_time floor histogram_avg histogram_count histogram_fraction
    histogram_quantile histogram_quantiles histogram_stddev histogram_stdvar histogram_sum holt_winters hour idelta
    increase info irate label_join label_replace last_over_time ln log10 log2 mad_over_time max_over_time min_over_time
    minute month pi predict_linear present_over_time quantile_over_time rad range rate resets round scalar sgn sin sinh
    sort sort_by_label sort_by_label_desc sort_desc sqrt start stddev_over_time stdvar_over_time step sum_over_time tan
    tanh time timestamp ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time vector year
"""
FUNCTIONS = frozenset(TOLD_FUNCTIONS.split())


def calls(node: Node) -> Iterator[Call]:
    """All calls of functions, aggregations left out."""
    match node:
        case Call():
            yield node
            for one in node.arguments:
                yield from calls(one)
        case Aggregation():
            for one in node.arguments:
                yield from calls(one)
        case Binary():
            yield from calls(node.left)
            yield from calls(node.right)
        case Past():
            yield from calls(node.inner)
        case Selector() | Literal():
            return
