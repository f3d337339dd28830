# mcpx in a container. With Redis beside it: docker-compose.yml.
# Behind a registry mirror: docker build --build-arg NPM_CONFIG_REGISTRY=…

FROM node:26-slim AS build
WORKDIR /mcpx
COPY package.json package-lock.json ./
ARG NPM_CONFIG_REGISTRY
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts && gzip --keep --stdout /usr/local/bin/node > /node.gz

# What node:26-slim is made from.
FROM debian:trixie-slim
COPY --from=build /usr/lib/x86_64-linux-gnu/libatomic.so.1 /usr/local/lib/
COPY --from=build /node.gz /tmp/
# The capability is for ports 80 and 443 without root, also with the network of the host. Not every builder copies
# capabilities from stage to stage, so it is given here.
RUN apt-get update && apt-get install -y --no-install-recommends libcap2-bin \
  && gunzip --stdout /tmp/node.gz > /usr/local/bin/node && chmod 755 /usr/local/bin/node \
  && setcap cap_net_bind_service=+ep /usr/local/bin/node \
  && rm -rf /tmp/node.gz /var/lib/apt/lists/* && ldconfig \
  && useradd --uid 1000 --home-dir /data --create-home mcpx
COPY --from=build /mcpx/package.json /mcpx/oclif.manifest.json /mcpx/LICENSE /mcpx/
COPY --from=build /mcpx/bin /mcpx/bin
COPY --from=build /mcpx/node_modules /mcpx/node_modules
COPY --from=build /mcpx/dist /mcpx/dist
RUN ln -s /mcpx/bin/run.js /usr/local/bin/mcpx
ENV MCPX_DATA_DIR=/data HTTP_PORT=80
USER mcpx
WORKDIR /data
VOLUME /data
EXPOSE 80 443
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["mcpx", "health", "--url", "http://localhost"]
# It handles signals and its own children; nothing has to stand before it.
ENTRYPOINT ["mcpx"]
CMD ["serve"]
