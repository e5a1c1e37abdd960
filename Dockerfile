# The one image: every program of the exchange except PostgreSQL and S3 runs from it, with the command of its service.
FROM python:3.11-slim-bookworm

# The libraries change seldom, the code often: this layer stays. pip compiles bytecode; without it each process pays seconds.
COPY requirements.txt /opt/kerndata/
RUN pip install --no-cache-dir --root-user-action ignore --require-hashes --requirement /opt/kerndata/requirements.txt \
 && useradd --uid 50000 --no-create-home --home-dir /opt/airflow --shell /usr/sbin/nologin kerndata \
 && install --directory --owner kerndata /opt/airflow /opt/airflow/logs

# .dockerignore lets through include/, dags/, plugins/ and the programs of deploy/.
COPY . /opt/kerndata/
COPY deploy/airflow_local_settings.py /opt/airflow/config/
# The user may not write beside the code, so its bytecode is made here.
RUN python -m compileall -q /opt/kerndata /opt/airflow/config

ENV AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/kerndata/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/kerndata/plugins \
    PYTHONPATH=/opt/kerndata/include \
    PYTHONUNBUFFERED=1 \
    GX_ANALYTICS_ENABLED=false
USER kerndata
WORKDIR /opt/kerndata
CMD ["airflow", "version"]
