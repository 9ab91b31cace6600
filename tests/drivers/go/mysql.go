package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

var mysqlCells = map[string]cell{
	"connect":               mysqlConnect,
	"reuse":                 mysqlReuse,
	"prepared":              mysqlPrepared,
	"pipeline":              mysqlPipeline,
	"copy":                  mysqlCopy,
	"listen":                mysqlListen,
	"cancel":                mysqlCancel,
	"tls":                   mysqlTLS,
	"transaction-left-open": mysqlTransactionLeftOpen,
	"wrong-password":        mysqlWrongPassword,
	"server-restart":        mysqlServerRestart,
}

// mysqlConn is one connection of a pool of its own.
type mysqlConn struct {
	*sql.Conn
	pool *sql.DB
}

func mysqlOpen(ctx context.Context, s settings) (mysqlConn, error) {
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = s.user, s.password, s.database
	config.Net, config.Addr = "tcp", net.JoinHostPort(s.host, s.port)
	if s.socket != "" {
		config.Net, config.Addr = "unix", s.socket
	}
	config.MultiStatements = true
	config.Logger = &mysql.NopLogger{}
	var err error
	if config.TLS, err = s.tlsConfig(); err != nil {
		return mysqlConn{}, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return mysqlConn{}, err
	}
	pool := sql.OpenDB(connector)
	conn, err := pool.Conn(ctx)
	return mysqlConn{conn, pool}, err
}

// close says goodbye to the server.
func (c mysqlConn) close() error {
	return errors.Join(c.Conn.Close(), c.pool.Close())
}

func (c mysqlConn) number(ctx context.Context, query string) (number int64, err error) {
	err = c.QueryRowContext(ctx, query).Scan(&number)
	return
}

func (c mysqlConn) execute(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func mysqlCode(err error) uint16 {
	var server *mysql.MySQLError
	if errors.As(err, &server) {
		return server.Number
	}
	return 0
}

func mysqlConnect(ctx context.Context, s settings) (string, error) {
	conn, err := mysqlOpen(ctx, s)
	if err != nil {
		return "", err
	}
	var number int
	var word string
	var null *string
	if err := conn.QueryRowContext(ctx, "select 6 * 7, 'grün', null").Scan(&number, &word, &null); err != nil {
		return "", err
	}
	return "", first(
		same("6 * 7", number, 42), same("the text", word, "grün"), same("the null", null, nil), conn.close(),
	)
}

func mysqlReuse(ctx context.Context, s settings) (string, error) {
	sessions := map[uint64]bool{}
	for range passes {
		conn, err := mysqlOpen(ctx, s)
		if err != nil {
			return "", err
		}
		var session uint64
		var trace *string
		var timeout bool
		ask := "select connection_id(), @driver_trace, @@session.wait_timeout = @@global.wait_timeout"
		if err := conn.QueryRowContext(ctx, ask).Scan(&session, &trace, &timeout); err != nil {
			return "", err
		}
		sessions[session] = true
		err = first(
			same("the variable of a new connection", trace, nil),
			same("whether a new connection has the server's time-out", timeout, true),
			conn.execute(ctx, "set @driver_trace = 'left', session wait_timeout = 54321",
				"create temporary table driver_trace (n int)"),
			conn.close(),
		)
		if err != nil {
			return "", err
		}
	}
	return reuseFact(sessions), nil
}

func mysqlPrepared(ctx context.Context, s settings) (string, error) {
	statements := []struct {
		sql    string
		wanted int64
	}{{"select ? + 1", 42}, {"select ? * 2", 82}}
	for _, statement := range statements {
		conn, err := mysqlOpen(ctx, s)
		if err != nil {
			return "", err
		}
		prepared, err := conn.PrepareContext(ctx, statement.sql)
		if err != nil {
			return "", err
		}
		for range 2 {
			var number int64
			if err := prepared.QueryRowContext(ctx, 41).Scan(&number); err != nil {
				return "", err
			}
			if err := same(statement.sql, number, statement.wanted); err != nil {
				return "", err
			}
		}
		err = conn.execute(ctx, "prepare driver_statement from '"+statement.sql+"'", "set @number = 41")
		if err != nil {
			return "", err
		}
		// Not closed before: the server forgets what a connection leaves behind.
		number, err := conn.number(ctx, "execute driver_statement using @number")
		if err := first(err, same("the statement of the SQL", number, statement.wanted), conn.close()); err != nil {
			return "", err
		}
	}
	return "", nil
}

func mysqlPipeline(ctx context.Context, s settings) (string, error) {
	conn, err := mysqlOpen(ctx, s)
	if err != nil {
		return "", err
	}
	rows, err := conn.QueryContext(ctx, "select 1; select 2; select no_such_column; select 4")
	if err != nil {
		return "", err
	}
	for wanted := range 2 {
		var number int
		if !rows.Next() {
			return "", fmt.Errorf("no row %d: %v", wanted, rows.Err())
		}
		if err := rows.Scan(&number); err != nil {
			return "", err
		}
		if err := same("the answer", number, wanted+1); err != nil {
			return "", err
		}
		if more := rows.NextResultSet(); more != (wanted == 0) {
			return "", fmt.Errorf("after answer %d: another is %t: %v", number, more, rows.Err())
		}
	}
	if err := same("the code of the error", mysqlCode(rows.Err()), 1054); err != nil {
		return "", err
	}
	rows.Close()
	number, err := conn.number(ctx, "select 6 * 7")
	err = first(err, same("the next answer", number, 42), conn.close())
	return "as several statements in one query", err
}

func mysqlCopy(ctx context.Context, s settings) (string, error) {
	conn, err := mysqlOpen(ctx, s)
	if err != nil {
		return "", err
	}
	table, text := unique("copy"), bulkText()
	if err := conn.execute(ctx, "create table "+table+" (n int primary key, word varchar(99)) charset utf8mb4"); err != nil {
		return "", err
	}
	mysql.RegisterReaderHandler("rows", func() io.Reader { return strings.NewReader(text) })
	load := "load data local infile 'Reader::rows' into table " + table + " character set utf8mb4"
	loaded, err := conn.ExecContext(ctx, load)
	if err != nil {
		return "", err
	}
	affected, err := loaded.RowsAffected()
	if err := first(err, same("rows loaded", affected, bulkRows)); err != nil {
		return "", err
	}
	rows, err := conn.QueryContext(ctx, "select * from "+table+" order by n")
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for rows.Next() {
		var number int
		var word string
		if err := rows.Scan(&number, &word); err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%d\t%s\n", number, word)
	}
	err = first(rows.Err(), same("whether the same rows came out", out.String() == text, true))
	return "", first(err, conn.execute(ctx, "drop table "+table), conn.close())
}

func mysqlListen(context.Context, settings) (string, error) {
	return "", unsupported("MySQL has no notifications")
}

// mysqlOutOfTime is the driver's own way to cancel: it closes the connection in the middle of the query.
func mysqlOutOfTime(ctx context.Context, s settings) error {
	conn, err := mysqlOpen(ctx, s)
	if err != nil {
		return err
	}
	soon, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	if _, err := conn.number(soon, "select sleep(5)"); !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the error of a query out of time is %v", err)
	}
	conn.close()
	_, err = mysqlConnect(ctx, s)
	return err
}

func mysqlCancel(ctx context.Context, s settings) (string, error) {
	if err := mysqlOutOfTime(ctx, s); err != nil {
		return "", err
	}
	conn, err := mysqlOpen(ctx, s)
	if err != nil {
		return "", err
	}
	watcher, err := mysqlOpen(ctx, s)
	if err != nil {
		return "", err
	}
	mark := unique("cancel")
	// The driver does not give the id of the greeting.
	id, err := conn.number(ctx, "select connection_id()")
	if err != nil {
		return "", err
	}
	slept := make(chan error, 1)
	go func() {
		number, err := conn.number(ctx, "select 1 from (select 1 as n) as "+mark+" where sleep(40) = n")
		if err == nil {
			err = fmt.Errorf("not cancelled, the answer is %d", number)
		}
		slept <- err
	}()
	running := "select count(*) from information_schema.processlist where info like '%" + mark +
		"%' and id <> connection_id()"
	err = until(ctx, "the query runs", func(ctx context.Context) (bool, error) {
		count, err := watcher.number(ctx, running)
		return count == 1, err
	})
	if err != nil {
		return "", err
	}
	if err := watcher.execute(ctx, fmt.Sprintf("kill query %d", id)); err != nil {
		return "", err
	}
	select {
	case err := <-slept:
		if mysqlCode(err) != 1317 {
			return "", fmt.Errorf("the error is %w", err)
		}
	case <-time.After(20 * time.Second):
		return "", fmt.Errorf("the query was not cancelled within 20 s")
	}
	number, err := conn.number(ctx, "select 6 * 7")
	if err := first(err, same("the next answer", number, 42)); err != nil {
		return "", err
	}
	return "", first(conn.close(), watcher.close())
}

func mysqlTLS(ctx context.Context, s settings) (string, error) {
	other, err := s.withOtherCA()
	if err != nil {
		return "", err
	}
	conn, err := mysqlOpen(ctx, s)
	if err != nil {
		return "", err
	}
	var name, cipher string
	err = conn.QueryRowContext(ctx, "show status like 'Ssl_cipher'").Scan(&name, &cipher)
	if err := first(err, same("encryption at the server", cipher != "", true), conn.close()); err != nil {
		return "", err
	}
	if _, err = mysqlOpen(ctx, other); err == nil {
		return "", fmt.Errorf("a certificate of another authority was taken")
	}
	if !strings.Contains(err.Error(), "certificate") {
		return "", fmt.Errorf("not refused for the certificate: %w", err)
	}
	return "", nil
}

func mysqlTransactionLeftOpen(ctx context.Context, s settings) (string, error) {
	table := unique("transaction")
	count, insert := "select count(*) from "+table, "insert into "+table+" values (1)"
	conn, err := mysqlOpen(ctx, s)
	if err != nil {
		return "", err
	}
	err = conn.execute(ctx, "create table "+table+" (n int) engine = innodb", "start transaction", insert)
	if err != nil {
		return "", err
	}
	inside, err := conn.number(ctx, count)
	if err := first(err, same("rows inside", inside, 1), conn.close()); err != nil {
		return "", err
	}
	second, err := mysqlOpen(ctx, s)
	if err != nil {
		return "", err
	}
	third, err := mysqlOpen(ctx, s)
	if err != nil {
		return "", err
	}
	after, err := second.number(ctx, count)
	if err := first(err, same("rows after", after, 0), second.execute(ctx, insert)); err != nil {
		return "", err
	}
	seen, err := third.number(ctx, count)
	if err := first(err, same("rows that a third connection sees", seen, 1)); err != nil {
		return "", err
	}
	return "", first(third.execute(ctx, "drop table "+table), second.close(), third.close())
}

func mysqlWrongPassword(ctx context.Context, s settings) (string, error) {
	_, err := mysqlOpen(ctx, s.withWrongPassword())
	if err == nil {
		return "", fmt.Errorf("a wrong password was taken")
	}
	if mysqlCode(err) != 1045 {
		return "", fmt.Errorf("the error is %w", err)
	}
	return mysqlConnect(ctx, s)
}

func mysqlServerRestart(ctx context.Context, s settings) (string, error) {
	conn, err := mysqlOpen(ctx, s)
	if err != nil {
		return "", err
	}
	before, err := conn.number(ctx, "select 1")
	if err := first(err, same("the answer before", before, 1)); err != nil {
		return "", err
	}
	if err := s.restartServer(); err != nil {
		return "", err
	}
	soon, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := conn.number(soon, "select 2"); err == nil {
		return "", fmt.Errorf("the connection outlived the server")
	}
	if soon.Err() != nil {
		return "", fmt.Errorf("no error within 10 s")
	}
	return "", eventually(ctx, "a new connection", func(ctx context.Context) error {
		_, err := mysqlConnect(ctx, s)
		return err
	})
}
