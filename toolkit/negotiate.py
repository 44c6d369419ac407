"""In which of the two text formats, and packed or not, does a scraper want its answer?"""

from dataclasses import dataclass

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Form:
    openmetrics: bool
    gzip: bool

    @property
    def content_type(self) -> str:
        return OPENMETRICS if self.openmetrics else TEXT


def negotiate(accept: str, accept_encoding: str) -> Form:
    """The form a scraper likes best among ours, by its q-values."""
    wanted = [_weighted(part) for part in accept.split(",") if part.strip()]
    openmetrics = max((q for kind, q in wanted if _is_openmetrics(kind)), default=0.0)
    text = max((q for kind, q in wanted if kind.split(";")[0] in ("text/plain", "text/*", "*/*")), default=0.0)
    encodings = dict(_weighted(part) for part in accept_encoding.split(",") if part.strip())
    return Form(openmetrics > 0 and openmetrics >= text, encodings.get("gzip", encodings.get("*", 0.0)) > 0)


def _weighted(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = 1.0
    kept = [kind]
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                quality = float(parameter[2:])
            except ValueError:
                quality = 0.0
        else:
            kept.append(parameter)
    return ";".join(kept), quality


def _is_openmetrics(kind: str) -> bool:
    name, *parameters = kind.split(";")
    return name == "application/openmetrics-text" and ("version=1.0.0" in parameters or "version=0.0.1" in parameters)
