{{ passed_deadlines([['dispute', 'mediate']]) }}
