package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var pgxCells = map[string]cell{
	"connect":               pgxConnect,
	"reuse":                 pgxReuse,
	"prepared":              pgxPrepared,
	"pipeline":              pgxPipeline,
	"copy":                  pgxCopy,
	"listen":                pgxListen,
	"cancel":                pgxCancel,
	"tls":                   pgxTLS,
	"transaction-left-open": pgxTransactionLeftOpen,
	"wrong-password":        pgxWrongPassword,
	"server-restart":        pgxServerRestart,
}

func pgxOpen(ctx context.Context, s settings) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig("sslmode=disable")
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(s.port, 10, 16)
	if err != nil {
		return nil, err
	}
	config.Host, config.Port = s.host, uint16(port)
	if s.socket != "" {
		if config.Host, config.Port, err = s.postgresSocket(); err != nil {
			return nil, err
		}
	}
	config.User, config.Password, config.Database = s.user, s.password, s.database
	if config.TLSConfig, err = s.tlsConfig(); err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, config)
}

func pgxCode(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func pgxNumber(ctx context.Context, conn *pgx.Conn, sql string) (number int64, err error) {
	err = conn.QueryRow(ctx, sql).Scan(&number)
	return
}

func pgxConnect(ctx context.Context, s settings) (string, error) {
	conn, err := pgxOpen(ctx, s)
	if err != nil {
		return "", err
	}
	var number int
	var word string
	var null *string
	if err := conn.QueryRow(ctx, "select 6 * 7, 'grün', null::text").Scan(&number, &word, &null); err != nil {
		return "", err
	}
	var version string
	if err := conn.QueryRow(ctx, "show server_version").Scan(&version); err != nil {
		return "", err
	}
	return "", first(
		same("6 * 7", number, 42), same("the text", word, "grün"), same("the null", null, nil),
		same("the announced version", conn.PgConn().ParameterStatus("server_version"), version),
		conn.Close(ctx),
	)
}

func pgxReuse(ctx context.Context, s settings) (string, error) {
	sessions := map[int]bool{}
	for range passes {
		conn, err := pgxOpen(ctx, s)
		if err != nil {
			return "", err
		}
		var session int
		var timeout string
		ask := "select pg_backend_pid(), current_setting('statement_timeout')"
		if err := conn.QueryRow(ctx, ask).Scan(&session, &timeout); err != nil {
			return "", err
		}
		sessions[session] = true
		if err := same("statement_timeout of a new connection", timeout, "0"); err != nil {
			return "", err
		}
		for _, sql := range []string{"set statement_timeout = 54321", "create temp table driver_trace (n int)"} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return "", err
			}
		}
		if err := conn.Close(ctx); err != nil {
			return "", err
		}
	}
	return reuseFact(sessions), nil
}

func pgxPrepared(ctx context.Context, s settings) (string, error) {
	statements := []struct {
		sql    string
		wanted int
	}{{"select $1::int + 1", 42}, {"select $1::int * 2", 82}}
	for _, statement := range statements {
		conn, err := pgxOpen(ctx, s)
		if err != nil {
			return "", err
		}
		if _, err := conn.Prepare(ctx, "driver_statement", statement.sql); err != nil {
			return "", err
		}
		for _, query := range []string{"driver_statement", "driver_statement", statement.sql} {
			var number int
			if err := conn.QueryRow(ctx, query, 41).Scan(&number); err != nil {
				return "", err
			}
			if err := same(query, number, statement.wanted); err != nil {
				return "", err
			}
		}
		var number int
		if err := conn.QueryRow(ctx, statement.sql, pgx.QueryExecModeExec, 41).Scan(&number); err != nil {
			return "", err
		}
		if err := first(same("the unnamed statement", number, statement.wanted), conn.Close(ctx)); err != nil {
			return "", err
		}
	}
	return "", nil
}

func pgxPipeline(ctx context.Context, s settings) (string, error) {
	conn, err := pgxOpen(ctx, s)
	if err != nil {
		return "", err
	}
	// A pipeline with a sync after each query: all are sent before the first is answered, the one with 0 fails alone.
	pipeline := conn.PgConn().StartPipeline(ctx)
	sql := "select (100 / $1::int)::text, $1::text"
	for number := range queries {
		pipeline.SendQueryParams(sql, [][]byte{[]byte(strconv.Itoa(number))}, nil, nil, nil)
		pipeline.SendPipelineSync()
	}
	if err := pipeline.Flush(); err != nil {
		return "", err
	}
	for number := range queries {
		results, err := pipeline.GetResults()
		if err == nil {
			reader, is := results.(*pgconn.ResultReader)
			if !is {
				return "", fmt.Errorf("the answer to query %d is a %T", number, results)
			}
			result := reader.Read()
			err = result.Err
			if err == nil {
				want := [2]string{strconv.Itoa(100 / number), strconv.Itoa(number)}
				got := [2]string{string(result.Rows[0][0]), string(result.Rows[0][1])}
				if err := same("the answer", got, want); err != nil {
					return "", err
				}
			}
		}
		wanted := ""
		if number == 0 {
			wanted = "22012"
		} else if err != nil {
			return "", err
		}
		if err := same("the code of the error", pgxCode(err), wanted); err != nil {
			return "", err
		}
		results, err = pipeline.GetResults()
		if _, is := results.(*pgconn.PipelineSync); !is {
			return "", fmt.Errorf("no sync after query %d but a %T: %v", number, results, err)
		}
	}
	if err := pipeline.Close(); err != nil {
		return "", err
	}
	// And the driver's own batches.
	batch := &pgx.Batch{}
	for number := range queries {
		batch.Queue("select $1::int * 2", number)
	}
	results := conn.SendBatch(ctx, batch)
	for number := range queries {
		var double int
		if err := results.QueryRow().Scan(&double); err != nil {
			return "", err
		}
		if err := same("the double", double, number*2); err != nil {
			return "", err
		}
	}
	return "", first(results.Close(), conn.Close(ctx))
}

func pgxCopy(ctx context.Context, s settings) (string, error) {
	conn, err := pgxOpen(ctx, s)
	if err != nil {
		return "", err
	}
	table := unique("copy")
	if _, err := conn.Exec(ctx, "create table "+table+" (n int primary key, word text)"); err != nil {
		return "", err
	}
	rows := bulkText()
	half := strings.Index(rows, "2500\t")
	// One half as binary rows through the driver's interface, one as text.
	source := pgx.CopyFromSlice(bulkRows/2, func(number int) ([]any, error) {
		return []any{number, fmt.Sprintf("Zeile grün %d", number)}, nil
	})
	copied, err := conn.CopyFrom(ctx, pgx.Identifier{table}, []string{"n", "word"}, source)
	if err := first(err, same("binary rows", copied, bulkRows/2)); err != nil {
		return "", err
	}
	tag, err := conn.PgConn().CopyFrom(ctx, strings.NewReader(rows[half:]), "copy "+table+" from stdin")
	if err := first(err, same("text rows", tag.RowsAffected(), bulkRows/2)); err != nil {
		return "", err
	}
	var out bytes.Buffer
	_, err = conn.PgConn().CopyTo(ctx, &out, "copy (select * from "+table+" order by n) to stdout")
	if err := first(err, same("what came out", out.String() == rows, true)); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, "drop table "+table)
	return "", first(err, conn.Close(ctx))
}

func pgxListen(ctx context.Context, s settings) (string, error) {
	listener, err := pgxOpen(ctx, s)
	if err != nil {
		return "", err
	}
	speaker, err := pgxOpen(ctx, s)
	if err != nil {
		return "", err
	}
	channel := unique("listen")
	if _, err := listener.Exec(ctx, "listen "+channel); err != nil {
		return "", err
	}
	for _, word := range []string{"first", "second"} {
		if _, err := speaker.Exec(ctx, "select pg_notify($1, $2)", channel, word); err != nil {
			return "", err
		}
		soon, cancel := context.WithTimeout(ctx, 10*time.Second)
		said, err := listener.WaitForNotification(soon)
		cancel()
		if err != nil {
			return "", fmt.Errorf("waiting for the notification: %w", err)
		}
		if err := first(same("the channel", said.Channel, channel), same("the word", said.Payload, word)); err != nil {
			return "", err
		}
	}
	return "", first(listener.Close(ctx), speaker.Close(ctx))
}

func pgxCancel(ctx context.Context, s settings) (string, error) {
	conn, err := pgxOpen(ctx, s)
	if err != nil {
		return "", err
	}
	watcher, err := pgxOpen(ctx, s)
	if err != nil {
		return "", err
	}
	mark := unique("cancel")
	slept := make(chan error, 1)
	go func() {
		_, err := conn.Exec(ctx, "select pg_sleep(40) /* "+mark+" */")
		slept <- err
	}()
	running := "select count(*) from pg_stat_activity where state = 'active' and pid <> pg_backend_pid()" +
		" and query like '%' || $1 || '%'"
	err = until(ctx, "the query runs", func(ctx context.Context) (bool, error) {
		var count int
		err := watcher.QueryRow(ctx, running, mark).Scan(&count)
		return count == 1, err
	})
	if err != nil {
		return "", err
	}
	if err := conn.PgConn().CancelRequest(ctx); err != nil {
		return "", err
	}
	select {
	case err := <-slept:
		if err := same("the code of the error", pgxCode(err), "57014"); err != nil {
			return "", err
		}
	case <-time.After(20 * time.Second):
		return "", fmt.Errorf("the query was not cancelled within 20 s")
	}
	number, err := pgxNumber(ctx, conn, "select 6 * 7::bigint")
	return "", first(err, same("the next answer", number, 42), conn.Close(ctx), watcher.Close(ctx))
}

func pgxTLS(ctx context.Context, s settings) (string, error) {
	other, err := s.withOtherCA()
	if err != nil {
		return "", err
	}
	conn, err := pgxOpen(ctx, s)
	if err != nil {
		return "", err
	}
	var encrypted bool
	err = conn.QueryRow(ctx, "select ssl from pg_stat_ssl where pid = pg_backend_pid()").Scan(&encrypted)
	if err := first(err, same("encryption at the server", encrypted, true), conn.Close(ctx)); err != nil {
		return "", err
	}
	if _, err = pgxOpen(ctx, other); err == nil {
		return "", fmt.Errorf("a certificate of another authority was taken")
	}
	if !strings.Contains(err.Error(), "certificate") {
		return "", fmt.Errorf("not refused for the certificate: %w", err)
	}
	return "", nil
}

func pgxTransactionLeftOpen(ctx context.Context, s settings) (string, error) {
	table := unique("transaction")
	conn, err := pgxOpen(ctx, s)
	if err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, "create table "+table+" (n int)"); err != nil {
		return "", err
	}
	transaction, err := conn.Begin(ctx)
	if err != nil {
		return "", err
	}
	if _, err := transaction.Exec(ctx, "insert into "+table+" values (1)"); err != nil {
		return "", err
	}
	inside, err := pgxNumber(ctx, conn, "select count(*) from "+table)
	if err := first(err, same("rows inside", inside, 1), conn.Close(ctx)); err != nil {
		return "", err
	}
	second, err := pgxOpen(ctx, s)
	if err != nil {
		return "", err
	}
	after, err := pgxNumber(ctx, second, "select count(*) from "+table)
	if err := first(err, same("rows after", after, 0)); err != nil {
		return "", err
	}
	_, err = second.Exec(ctx, "savepoint inside")
	if err := same("the code of the error", pgxCode(err), "25P01"); err != nil {
		return "", err
	}
	_, err = second.Exec(ctx, "drop table "+table)
	return "", first(err, second.Close(ctx))
}

func pgxWrongPassword(ctx context.Context, s settings) (string, error) {
	_, err := pgxOpen(ctx, s.withWrongPassword())
	if err == nil {
		return "", fmt.Errorf("a wrong password was taken")
	}
	if pgxCode(err) != "28P01" {
		return "", fmt.Errorf("the error is %w", err)
	}
	return pgxConnect(ctx, s)
}

func pgxServerRestart(ctx context.Context, s settings) (string, error) {
	conn, err := pgxOpen(ctx, s)
	if err != nil {
		return "", err
	}
	before, err := pgxNumber(ctx, conn, "select 1::bigint")
	if err := first(err, same("the answer before", before, 1), s.restartServer()); err != nil {
		return "", err
	}
	soon, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := pgxNumber(soon, conn, "select 2::bigint"); err == nil {
		return "", fmt.Errorf("the connection outlived the server")
	}
	if soon.Err() != nil {
		return "", fmt.Errorf("no error within 10 s")
	}
	return "", eventually(ctx, "a new connection", func(ctx context.Context) error {
		_, err := pgxConnect(ctx, s)
		return err
	})
}
