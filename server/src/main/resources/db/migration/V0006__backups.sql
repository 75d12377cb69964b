-- Who this database is, the backups that were taken of it, and the secrets that it keeps sealed.

-- One row, which a backup carries along: a restored database is the same one, at an earlier time.
CREATE TABLE installation (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id       uuid NOT NULL,
    made_at  timestamptz NOT NULL
);
INSERT INTO installation (id, made_at) VALUES (gen_random_uuid(), now());
CREATE TRIGGER installation_kept BEFORE UPDATE OR DELETE OR TRUNCATE
    ON installation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Archives that were written whole. Only one that was read back and found whole is verified, and
-- only a verified one lets anybody delete what is newer than it nowhere else.
CREATE TABLE backup (
    id          uuid PRIMARY KEY,
    -- Of the snapshot, by this database's clock.
    taken_at    timestamptz NOT NULL,
    written_at  timestamptz NOT NULL,
    bytes       bigint NOT NULL CHECK (bytes > 0),
    sha256      bytea NOT NULL CHECK (octet_length(sha256) = 32),
    table_count integer NOT NULL CHECK (table_count > 0),
    row_count   bigint NOT NULL CHECK (row_count >= 0),
    verified_at timestamptz
);
CREATE INDEX backup_verified ON backup (taken_at) WHERE verified_at IS NOT NULL;

-- Secrets that must be read again, so that a hash does not do. The envelope names its key, which is
-- in no table and in no backup, and opens at its own place alone.
CREATE TABLE sealed_secret (
    place      text PRIMARY KEY CHECK (char_length(place) BETWEEN 1 AND 200),
    envelope   bytea NOT NULL CHECK (octet_length(envelope) BETWEEN 37 AND 65536),
    written_at timestamptz NOT NULL
);
