# The image of every process of the office: web, workers, beat, migrations, simulator.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/
# Only what the lock names, byte for byte; wheels alone, so no compiler is needed.
RUN /opt/venv/bin/pip install --require-hashes --only-binary :all: -r /tmp/requirements.txt
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY manage.py ./
COPY ektp_project ektp_project
COPY registry registry
COPY printing printing
# The demo's secrets serve this one step; the image holds none.
RUN EKTP_DEMO=1 STATIC_MANIFEST=1 VAR_DIR=/build DATABASE_URL=postgres://none/none REDIS_URL=redis://none/0 \
    python manage.py collectstatic --no-input -v 0 \
    && python -m compileall -q ektp_project registry printing

FROM python:3.11-slim-bookworm
# pg_dump and pg_restore for `manage.py backup`, of the server's version: Debian's own are older, and refuse.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-common ca-certificates \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install -y --no-install-recommends postgresql-client-18 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/ektp --shell /usr/sbin/nologin ektp \
    && install -d -o ektp /var/lib/ektp/media /var/lib/ektp/biometrics /var/lib/ektp/simulator
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
COPY --from=build --chown=ektp /build/static /var/lib/ektp/static
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/ektp
WORKDIR /app
USER ektp
EXPOSE 8000
# Celery's warm shutdown and gunicorn's graceful one both begin with SIGTERM.
STOPSIGNAL SIGTERM
CMD ["python", "-m", "gunicorn", "ektp_project.wsgi", "--bind", "0.0.0.0:8000", "--workers", "1", \
     "--worker-class", "ektp_project.web_worker.WebWorker", "--threads", "4", "--timeout", "120", "--no-control-socket", \
     "--logger-class", "ektp_project.web_log.WebLog"]
