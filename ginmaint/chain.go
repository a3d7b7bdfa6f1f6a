package ginmaint

import (
	"reflect"
	"runtime"
	"unsafe"

	"github.com/gin-gonic/gin"
)

// What Gin does not tell a middleware, and has in its context: which handlers it
// chose. Their names alone can be asked for, at an allocation for each, and the
// path under which the route was registered, without its method. The request's
// method is no substitute: a middleware in front may have changed it, and two
// routes of one path may differ in nothing but their markers.
//
// So the chain of handlers is read where it lies. Gin makes one for each route
// and never changes it, and its address tells one route from another. The
// fields are looked up by name and type once. In a Gin that has them no longer
// the middleware asks for the handlers' names at each request.

// layout is where the fields of Gin's context lie.
type layout struct {
	known                   bool
	engine, handlers, index uintptr
}

var inGin = readLayout()

func readLayout() (l layout) {
	complete := true
	offset := func(in reflect.Type, name string, is reflect.Type) uintptr {
		field, ok := in.FieldByName(name)
		complete = complete && ok && field.Type == is
		return field.Offset
	}
	element := func(in reflect.Type, name string, kind reflect.Kind) reflect.Type {
		field, ok := in.FieldByName(name)
		if !ok || field.Type.Kind() != kind {
			complete = false
			return reflect.TypeFor[struct{}]()
		}
		return field.Type.Elem()
	}
	chain := reflect.TypeFor[gin.HandlersChain]()
	l.engine = offset(reflect.TypeFor[gin.Context](), "engine", reflect.TypeFor[*gin.Engine]())
	l.handlers = offset(reflect.TypeFor[gin.Context](), "handlers", chain)
	l.index = offset(reflect.TypeFor[gin.Context](), "index", reflect.TypeFor[int8]())
	tree := element(reflect.TypeFor[gin.Engine](), "trees", reflect.Slice)
	if tree.Kind() != reflect.Struct {
		return layout{}
	}
	offset(tree, "method", reflect.TypeFor[string]())
	node := element(tree, "root", reflect.Pointer)
	offset(node, "handlers", chain)
	offset(node, "fullPath", reflect.TypeFor[string]())
	offset(node, "children", reflect.SliceOf(reflect.PointerTo(node)))
	l.known = complete
	return l
}

// handlersOf returns the handlers that Gin chose for the request, and nil where
// they can't be read.
func handlersOf(c *gin.Context) gin.HandlersChain {
	if !inGin.known {
		return nil
	}
	return *(*gin.HandlersChain)(unsafe.Add(unsafe.Pointer(c), inGin.handlers))
}

// chainOf returns the first of those handlers, by which the chain is known.
func chainOf(c *gin.Context) *gin.HandlerFunc { return unsafe.SliceData(handlersOf(c)) }

// current returns the handler that Gin runs right now. It is not ok where that
// can't be told.
func current(c *gin.Context) (h gin.HandlerFunc, ok bool) {
	handlers := handlersOf(c)
	if !inGin.known {
		return nil, false
	}
	index := int(*(*int8)(unsafe.Add(unsafe.Pointer(c), inGin.index)))
	if index < 0 || index >= len(handlers) {
		return nil, false
	}
	return handlers[index], true
}

// sameFunction compares two functions that close over nothing.
func sameFunction(a, b gin.HandlerFunc) bool {
	return *(*unsafe.Pointer)(unsafe.Pointer(&a)) == *(*unsafe.Pointer)(unsafe.Pointer(&b))
}

// leaf is a route as Gin has it.
type leaf struct {
	chain        *gin.HandlerFunc
	method, path string
	handlers     []string // their names, as HandlerNames of Gin's context returns them
}

// registered lists the routes of the engine that serves the request, all or the
// one whose chain is given, and nothing where they can't be read.
func registered(c *gin.Context, only *gin.HandlerFunc) (list []leaf) {
	if !inGin.known {
		return nil
	}
	engine := reflect.ValueOf(c).Elem().FieldByName("engine")
	if engine.IsNil() {
		return nil
	}
	trees := engine.Elem().FieldByName("trees")
	for i := range trees.Len() {
		method := trees.Index(i).FieldByName("method").String()
		eachLeaf(trees.Index(i).FieldByName("root"), func(path string, handlers reflect.Value) {
			chain := (*gin.HandlerFunc)(handlers.UnsafePointer())
			if only != nil && only != chain {
				return
			}
			names := make([]string, handlers.Len())
			for i := range names {
				names[i] = runtime.FuncForPC(handlers.Index(i).Pointer()).Name()
			}
			list = append(list, leaf{chain, method, path, names})
		})
	}
	return list
}

// eachLeaf calls found for each node of Gin's tree that has handlers.
func eachLeaf(node reflect.Value, found func(path string, handlers reflect.Value)) {
	if node.IsNil() {
		return
	}
	if handlers := node.Elem().FieldByName("handlers"); handlers.Len() > 0 {
		found(node.Elem().FieldByName("fullPath").String(), handlers)
	}
	children := node.Elem().FieldByName("children")
	for i := range children.Len() {
		eachLeaf(children.Index(i), found)
	}
}
