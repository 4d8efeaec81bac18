package mapping

import (
	"maps"
	"sort"
	"strings"
)

// function is one function of the language: pure, bounded, and with a fixed text for every error.
type function struct {
	usage    string    // for faults: trim(text)
	params   [][]class // nil takes everything, null too
	min      int       // arguments
	variadic bool      // the last parameter repeats
	result   func(args []typ) typ
	impl     func(args []any) (any, error)
	// check looks at literal arguments when the expression is compiled; may be nil.
	check checkFunc
}

// Parameter classes.
var (
	pText   = []class{cText, cEnum}
	pNumber = []class{cInt, cFloat, cDecimal}
	pInt    = []class{cInt}
	pList   = []class{cArray}
	pSized  = []class{cArray, cMap, cText, cEnum}
	pMap    = []class{cMap}
	pScalar = []class{cBool, cInt, cFloat, cDecimal, cText, cEnum, cTime, cDate, cLocal}
)

func gives(c class) func([]typ) typ { return func([]typ) typ { return typ{class: c} } }

func givesFirst(args []typ) typ {
	if len(args) == 0 {
		return typ{class: cAny}
	}
	return typ{class: args[0].class}
}

func givesElement(args []typ) typ {
	if len(args) == 0 {
		return typ{class: cAny, opt: true}
	}
	return args[0].elemType().optional()
}

// functions is the whole library: what is not here cannot be called.
var functions = mergeFunctions(textFunctions, numberFunctions, listFunctions, timeFunctions, libraryFunctions)

func mergeFunctions(groups ...map[string]function) map[string]function {
	all := map[string]function{}
	for _, g := range groups {
		maps.Copy(all, g)
	}
	return all
}

func functionNames() []string {
	names := []string{"all", "any", "none", "one", "filter", "map", "count", "find", "findLast", "findIndex", "findLastIndex", "sum", "sortBy"}
	for name := range functions {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func joinNames(names []string) string { return strings.Join(names, ", ") }
