package quadraw

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/quadraw/quadraw/demosaic"
)

// kept is what the jobs of a batch share: filters take longer to read than a
// small frame takes to develop.
type kept struct {
	mu     sync.Mutex
	tables map[string]*demosaic.Tables // by the names of their files
}

// readTables reads files of trained filters, once.
func (k *kept) readTables(names []string) (*demosaic.Tables, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := strings.Join(names, "\x00")
	if t := k.tables[key]; t != nil {
		return t, nil
	}
	var readers []io.Reader
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, &InputError{Name: name, Err: err}
		}
		readers = append(readers, bytes.NewReader(data))
	}
	t, err := demosaic.ReadTables(readers...)
	if err != nil {
		return nil, &InputError{Name: strings.Join(names, ", "), Err: err}
	}
	if k.tables == nil {
		k.tables = make(map[string]*demosaic.Tables)
	}
	k.tables[key] = t
	return t, nil
}
