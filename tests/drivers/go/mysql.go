package main
var mysqlCells = map[string]cell{}
