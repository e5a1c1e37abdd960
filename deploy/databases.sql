-- Run once by the PostgreSQL image, on an empty data volume: the two databases, each with a role of its own and closed
-- to the other. The ledger must survive Airflow's metadata, and Airflow has no business in the ledger's tables.
-- UTF-8 and the order of bytes, whatever the image's own language is: Fryslân must fit, and sort alike everywhere.
\getenv airflow_password KERNDATA_AIRFLOW_DB_PASSWORD
\getenv ledger_password KERNDATA_LEDGER_DB_PASSWORD

CREATE ROLE airflow LOGIN PASSWORD :'airflow_password';
CREATE DATABASE airflow OWNER airflow TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
REVOKE ALL ON DATABASE airflow FROM PUBLIC;

CREATE ROLE kerndata LOGIN PASSWORD :'ledger_password';
CREATE DATABASE kerndata OWNER kerndata TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
REVOKE ALL ON DATABASE kerndata FROM PUBLIC;
