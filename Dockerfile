# One image for both roles:
#   docker build -t pilotlight .
#   docker run pilotlight control --host 0.0.0.0 --insecure
#   docker run pilotlight agent --control HOST
# docs/operations.md, "In containers", has the user ids, the paths and the health check; Examples/compose a whole fleet.

FROM swift:6.3-bookworm AS builder
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libsqlite3-dev libzmq3-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY Package.swift ./
RUN swift package resolve
COPY . ./
# Static Swift libraries are smaller than the shared ones, since the linker drops what isn't used: all the more when nothing
# is exported. Foundation's Unicode tables are the largest part of what is left.
RUN swift build -c release --product pilotlight --static-swift-stdlib -Xswiftc -use-ld=lld \
        -Xlinker --no-export-dynamic -Xlinker --icf=safe -Xlinker -z -Xlinker pack-relative-relocs -Xlinker --strip-all \
    && install -D "$(swift build -c release --static-swift-stdlib --show-bin-path)/pilotlight" /out/pilotlight

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libsqlite3-0 libzmq5 \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/* /var/lib/dpkg/status-old /var/log/apt /var/log/dpkg.log \
    && groupadd --gid 7460 pilotlight \
    && useradd --uid 7460 --gid 7460 --no-create-home --home-dir /var/lib/pilotlight --shell /usr/sbin/nologin \
        pilotlight \
    && install -d -o 7460 -g 7460 -m 0700 /var/lib/pilotlight \
    && install -d -o 7460 -g 7460 -m 0750 /run/pilotlight
COPY --from=builder /out/pilotlight /usr/local/bin/pilotlight
USER 7460:7460
ENV PILOTLIGHT_DATA=/var/lib/pilotlight
VOLUME /var/lib/pilotlight
EXPOSE 7460 7461 7462
# The agent's socket if there is one, or else the control node's API: each answers /healthz.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["pilotlight", "health"]
ENTRYPOINT ["pilotlight"]
