# mcpx in a container. With Redis beside it: docker-compose.yml.
# Behind a registry mirror: docker build --build-arg NPM_CONFIG_REGISTRY=…

FROM node:26-slim AS build
WORKDIR /mcpx
COPY package.json package-lock.json ./
ARG NPM_CONFIG_REGISTRY
RUN npm ci --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY . .
# What only builders, compilers and debuggers read goes once it has served.
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
  && find node_modules -type f '(' -name '*.d.*ts' -o -name '*.d.ts' -o -name '*.map' ')' -exec rm '{}' +

FROM node:26-slim
# Ports 80 and 443 without root, also with the network of the host: the capability is given to a small program that
# hands it on to mcpx, because a file with another capability is a second copy of it, and Node is large.
RUN { command -v setcap || { apt-get update && apt-get install --yes --no-install-recommends libcap2-bin; }; } \
  && rm -rf /var/lib/apt/lists/* && cp /usr/bin/setpriv /usr/local/bin/may-bind && setcap cap_net_bind_service=+ep /usr/local/bin/may-bind \
  && ln -s /mcpx/bin/run.js /usr/local/bin/mcpx && mkdir /data && chown 1000:1000 /data
COPY --from=build /mcpx/package.json /mcpx/oclif.manifest.json /mcpx/LICENSE /mcpx/
COPY --from=build /mcpx/bin /mcpx/bin
COPY --from=build /mcpx/examples /mcpx/examples
COPY --from=build /mcpx/node_modules /mcpx/node_modules
COPY --from=build /mcpx/dist /mcpx/dist
ENV HOME=/data MCPX_DATA_DIR=/data HTTP_PORT=80
USER 1000
WORKDIR /data
VOLUME /data
EXPOSE 80 443
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD mcpx health --url "http://localhost:$HTTP_PORT"
# It handles signals and its own children; nothing stands before it. Where the capability cannot be had (no new
# privileges), it runs without: other ports need none, and most engines let everybody have these two in a network of its own.
ENV MAY_BIND="may-bind --inh-caps +net_bind_service --ambient-caps +net_bind_service"
ENTRYPOINT ["sh", "-c", "$MAY_BIND true 2>/dev/null && exec $MAY_BIND mcpx \"$@\"; exec mcpx \"$@\"", "mcpx"]
CMD ["serve"]
