{{ passed_deadlines([['incident', 'close']]) }}
