module guests

go 1.25
