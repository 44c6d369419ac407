# One image for both programs; docker-compose.yml says which of them a container runs.
#
# The same sources give the same image: the base is one release (with its digest where an installation wants more than a
# tag: docs/install.md), Debian's packages come from the day's snapshot that the base was made from, Python's are locked by
# their hashes, and what is compiled carries no time. BuildKit's `rewrite-timestamp=true` takes the times of the rest.
ARG BASE=python:3.13.15-slim-trixie

FROM ${BASE} AS build
ARG SOURCE_DATE_EPOCH=0
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
RUN python3 -m venv --without-pip /opt/heartline
WORKDIR /build
COPY stack/image/build.txt stack/image/requirements.txt stack/image/
# Wheels alone, but for the one that there is none of.
RUN pip="python3 -m pip --python /opt/heartline/bin/python install --quiet --no-cache-dir --no-compile --require-hashes --only-binary :all:" \
 && $pip -r stack/image/build.txt \
 && $pip --no-binary oncalendar --no-build-isolation -r stack/image/requirements.txt
COPY pyproject.toml README.md ./
COPY toolkit toolkit
COPY exporter exporter
COPY analyzer analyzer
RUN python3 -m pip --python /opt/heartline/bin/python install --quiet --no-cache-dir --no-compile --no-deps --no-build-isolation --no-index . \
 && python3 -m pip --python /opt/heartline/bin/python uninstall --quiet --yes setuptools
# Checked by content and not by time: an image of the same sources is the same, and a read-only root compiles nothing.
RUN /opt/heartline/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/heartline/lib

# What both stages below take from the distribution comes from the snapshot that a comment in the base's own sources names.
FROM ${BASE} AS base
RUN sources=/etc/apt/sources.list.d/debian.sources \
 && if grep -q '^# http.*snapshot' $sources; then sed -i '/^URIs:/d; s/^# http/URIs: http/' $sources; fi \
 && groupadd --gid 9797 heartline \
 && useradd --uid 9797 --gid 9797 --no-log-init --no-create-home --home-dir /var/lib/heartline --shell /bin/sh heartline \
 && install -d -o 9797 -g 9797 -m 0750 /var/lib/heartline /run/heartline /run/heartline/example

# A host to try the log review on, in the profile `example`; nothing of it is in the image of the programs.
FROM base AS example
RUN apt-get -o Acquire::Check-Valid-Until=false update -q \
 && apt-get install -y -q --no-install-recommends openssh-server \
 && rm -rf /var/lib/apt/lists /var/cache/apt /var/log/apt /etc/ssh/ssh_host_* \
 && usermod --password '*' heartline \
 && install -d -o 9797 -g 9797 -m 0755 /var/log/example
COPY stack/image/example.sh /opt/example
USER 9797:9797
CMD ["/opt/example"]

FROM base
ARG SOURCE_DATE_EPOCH=0
# journalctl, which the log review runs, and which reads the journal of the machine whose id this is: the host's.
RUN apt-get -o Acquire::Check-Valid-Until=false update -q \
 && apt-get install -y -q --no-install-recommends systemd \
 && ln -sf /host/etc/machine-id /etc/machine-id \
 && rm -rf /var/lib/apt/lists /var/cache/apt /var/cache/ldconfig/aux-cache /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
# Empty folders with the right owner: a named volume that is empty takes both over from here.
RUN cd /var/lib/heartline && install -d -o 9797 -g 9797 -m 0750 exporter analyzer ollama valkey \
 && cd /run/heartline && install -d -o 9797 -g 9797 -m 0750 prometheus alertmanager analyzer grafana valkey
COPY --from=build /opt/heartline /opt/heartline
COPY stack/image/sbom.py /tmp/sbom.py
# What is in here, as CycloneDX: docker run --rm --entrypoint cat heartline /opt/heartline/sbom.cdx.json
RUN /opt/heartline/bin/python -B /tmp/sbom.py > /opt/heartline/sbom.cdx.json && rm /tmp/sbom.py
ENV PATH=/opt/heartline/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 9797:9797
WORKDIR /var/lib/heartline
EXPOSE 9797 9798
CMD ["heartline-exporter", "--help"]
