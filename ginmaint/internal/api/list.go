package api

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/printer"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// system is the one whose files are listed, so that the list is the same everywhere.
const system = "linux"

// List returns the lines of one package: what it exports, as written in the Go files of
// dir. name is the path that the lines begin with.
func List(dir, name string) ([]string, error) {
	context := build.Default
	context.GOOS, context.GOARCH = system, "amd64"
	found, err := context.ImportDir(dir, 0)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if found.Name == "main" {
		return nil, nil
	}
	l := &list{files: token.NewFileSet(), prefix: "pkg " + path.Clean(name) + ", "}
	for _, file := range found.GoFiles {
		parsed, err := parser.ParseFile(l.files, filepath.Join(dir, file), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("api: %w", err)
		}
		for _, declaration := range parsed.Decls {
			l.declaration(declaration)
		}
	}
	slices.Sort(l.lines)
	return l.lines, nil
}

type list struct {
	files  *token.FileSet
	prefix string
	lines  []string
}

func (l *list) add(format string, args ...any) {
	l.lines = append(l.lines, l.prefix+fmt.Sprintf(format, args...))
}

func (l *list) declaration(declaration ast.Decl) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		l.function(d)
	case *ast.GenDecl:
		var last ast.Expr // the type of a constant that repeats the one before
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					l.typ(s)
				}
			case *ast.ValueSpec:
				if s.Type != nil || len(s.Values) > 0 {
					last = s.Type
				}
				l.values(d.Tok, s, last)
			}
		}
	}
}

func (l *list) function(f *ast.FuncDecl) {
	if !f.Name.IsExported() {
		return
	}
	if f.Recv == nil {
		l.add("func %s%s%s", f.Name.Name, l.parameters(f.Type.TypeParams), l.signature(f.Type))
		return
	}
	receiver := l.text(f.Recv.List[0].Type)
	if ast.IsExported(strings.TrimLeft(receiver, "*")) {
		l.add("method (%s) %s%s", receiver, f.Name.Name, l.signature(f.Type))
	}
}

// values lists constants and variables. The value of a variable is no promise.
func (l *list) values(kind token.Token, s *ast.ValueSpec, typ ast.Expr) {
	for i, name := range s.Names {
		if !name.IsExported() {
			continue
		}
		line := fmt.Sprintf("%s %s", kind, name.Name)
		if typ != nil {
			line += " " + l.text(typ)
		}
		if kind == token.CONST && i < len(s.Values) {
			line += " = " + l.text(s.Values[i])
		}
		l.add("%s", line)
	}
}

func (l *list) typ(s *ast.TypeSpec) {
	head := "type " + s.Name.Name + l.parameters(s.TypeParams)
	if s.Assign.IsValid() {
		head += " ="
	}
	switch t := s.Type.(type) {
	case *ast.StructType:
		l.add("%s struct", head)
		l.fields(head+" struct", t.Fields)
	case *ast.InterfaceType:
		l.add("%s interface", head)
		l.fields(head+" interface", t.Methods)
	default:
		l.add("%s %s", head, l.text(s.Type))
	}
}

// fields lists the fields of a struct, and the methods of an interface. An interface
// that has others than these can be implemented by nobody else.
func (l *list) fields(head string, fields *ast.FieldList) {
	for _, field := range fields.List {
		typ := l.text(field.Type)
		if f, ok := field.Type.(*ast.FuncType); ok && strings.HasSuffix(head, " interface") {
			typ = l.signature(f)
		} else {
			typ = " " + typ
		}
		if field.Tag != nil { // how it is written as JSON
			typ += " " + field.Tag.Value
		}
		for _, name := range field.Names {
			if name.IsExported() {
				l.add("%s, %s%s", head, name.Name, typ)
			} else if strings.HasSuffix(head, " interface") {
				l.add("%s, unexported methods", head)
			}
		}
		if len(field.Names) == 0 {
			l.add("%s, embeds%s", head, typ)
		}
	}
}

// signature is a function's, with the names of the parameters, which documentation
// speaks of.
func (l *list) signature(f *ast.FuncType) string {
	return strings.TrimPrefix(l.text(&ast.FuncType{Params: f.Params, Results: f.Results}), "func")
}

func (l *list) parameters(fields *ast.FieldList) string {
	if fields == nil {
		return ""
	}
	var all []string
	for _, field := range fields.List {
		for _, name := range field.Names {
			all = append(all, name.Name+" "+l.text(field.Type))
		}
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// text is an expression in one line, without comments.
func (l *list) text(node ast.Node) string {
	var out bytes.Buffer
	if err := (&printer.Config{Mode: printer.RawFormat}).Fprint(&out, l.files, node); err != nil {
		panic(err) // what was parsed can be printed
	}
	line := strings.Join(strings.Fields(out.String()), " ")
	return strings.NewReplacer("( ", "(", ", )", ")").Replace(line)
}
