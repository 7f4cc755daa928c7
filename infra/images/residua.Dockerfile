# One image for every process: they share one lockfile and differ in the command they run.
FROM node:22-bookworm-slim AS ground
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ git ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /residua
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY prisma/package.json prisma/
COPY trainer/package.json trainer/
COPY api/package.json api/
COPY web/package.json web/
RUN npx -y pnpm@12.21.0 install --frozen-lockfile
COPY . .
RUN node trainer/compute/native/build.mjs && node prisma/bin/prisma.mjs generate

FROM ground AS trainer
ENV RESIDUA_HOME=/data
VOLUME /data
CMD ["node", "trainer/bin/residua.mjs", "work"]

FROM ground AS api
ENV HOST=0.0.0.0 API_PORT=4000
EXPOSE 4000
CMD ["node", "--import", "tsx", "api/server.ts"]

FROM ground AS web
ENV NEXT_TELEMETRY_DISABLED=1
RUN npx -y pnpm@12.21.0 --filter @residua/web generate && npx -y pnpm@12.21.0 --filter @residua/web build
WORKDIR /residua/web
EXPOSE 3000
CMD ["node", "node_modules/next/dist/bin/next", "start", "-H", "0.0.0.0", "-p", "3000"]
