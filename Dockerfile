# One image with every program of Urna, and one with the gateway in front of those that run several times. Needs
# BuildKit, as included in Docker 23.

FROM node:22-bookworm-slim AS page
WORKDIR /page
COPY dashboard-feed/web ./
RUN --mount=type=cache,target=/var/cache/npm \
    npm ci --cache /var/cache/npm --no-audit --no-fund && npm run build

FROM rust:1-bookworm AS programs
WORKDIR /urna
COPY . .
COPY --from=page /page/dist dashboard-feed/web/dist
# Compiled code is cached between builds, outside the image. Line numbers are omitted: they are nine tenths of a
# program.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/urna/target \
    CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=symbols \
    cargo build --release --locked --workspace --exclude devstack --exclude end-to-end --bins && \
    mkdir /programs && \
    find target/release -maxdepth 1 -type f -executable -exec cp -t /programs {} +

FROM debian:bookworm-slim AS gateway
RUN apt-get update && \
    apt-get install --yes --no-install-recommends haproxy && \
    rm -rf /var/lib/apt/lists/*
COPY containers/gateway.cfg /etc/haproxy/haproxy.cfg
USER haproxy
# It finishes the accepted requests before it ends; SIGTERM would cut them off.
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"]

FROM debian:bookworm-slim AS system
# Nothing at run time needs the package manager's lists, manuals and translations.
RUN groupadd --system --gid 10001 urna && \
    useradd --system --uid 10001 --gid urna --no-create-home --home-dir /nonexistent urna && \
    install --directory --owner urna --group urna --mode 700 \
        /var/lib/urna/ballot-keys /var/lib/urna/roll && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* /usr/share/man/* /usr/share/locale/*

# A single layer, because files removed by a layer are still in the one below it.
FROM scratch AS urna
COPY --from=system / /
COPY --from=programs /programs/ /usr/local/bin/
COPY spammer/scenarios /usr/share/urna/scenarios
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    BALLOT_KEYS_DIR=/var/lib/urna/ballot-keys
USER urna
WORKDIR /var/lib/urna
CMD ["apportion", "--help"]
